internal import Ports

/// A listening port of a process.
final class SimulatedListener: Listener, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    typealias Accept = @Sendable (any Connection) -> (any ConnectionHandler)?

    private let address: SimulatedNetwork.Address
    private let network: SimulatedNetwork
    private let process: SimulatedProcess
    private let options: SocketOptions
    private let loops: [SimulatedLoop]
    private let accept: Accept
    private var nextLoop = 0

    init(
        _ address: SimulatedNetwork.Address, network: SimulatedNetwork, process: SimulatedProcess,
        options: SocketOptions, loops: [SimulatedLoop], accept: @escaping Accept
    ) {
        self.address = address
        self.network = network
        self.process = process
        self.options = options
        self.loops = loops
        self.accept = accept
    }

    var port: UInt16 { address.port }

    func close() { network.remove(self, at: address) }

    /// The kernel takes a connection; the process learns of it on one of its loops.
    func take(from client: SimulatedConnection, peer: String) -> SimulatedConnection {
        let connection = make(from: client, peer: peer)
        connection.accepted(from: client)
        return connection
    }

    /// The same attempt has arrived again.
    func takeGhost(of client: SimulatedConnection) {
        make(from: client, peer: "\(client.process.host):\(network.takePort())").acceptedGhost()
    }

    private func make(from client: SimulatedConnection, peer: String) -> SimulatedConnection {
        let loop = loops[nextLoop % loops.count]
        nextLoop += 1
        let connection = SimulatedConnection(
            network, process, on: loop, options: options, remoteHost: client.process.host,
            peer: peer, handler: nil)
        loop.deliver { [accept] in connection.begin(accept(connection)) }
        return connection
    }
}
