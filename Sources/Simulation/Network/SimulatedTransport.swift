internal import Model
package import Ports

/// The network as one process sees it.
package final class SimulatedTransport: Transport, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    private let network: SimulatedNetwork
    private let process: SimulatedProcess

    package init(_ network: SimulatedNetwork, _ process: SimulatedProcess) {
        self.network = network
        self.process = process
    }

    package func listen(
        host: String, port: UInt16, options: SocketOptions, loops: [any Loop],
        accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) throws(NetworkError) -> any Listener {
        let own = host.isEmpty || host == "0.0.0.0" ? process.host : host
        let address = SimulatedNetwork.Address(
            host: own, port: port == 0 ? network.takePort() : port)
        guard own == process.host else {
            throw NetworkError(
                .addressNotAvailable, operation: "listen", address: "\(address)",
                reason: "Cannot assign requested address")
        }
        let listener = SimulatedListener(
            address, network: network, process: process, options: options,
            loops: loops.map(Self.own), accept: accept)
        guard network.add(listener, at: address) else {
            throw NetworkError(
                .addressInUse, operation: "listen", address: "\(address)",
                reason: "Address already in use")
        }
        process.atEnd { listener.close() }
        return listener
    }

    package func connect(
        host: String, port: UInt16, options: SocketOptions, on loop: any Loop,
        handler: any ConnectionHandler
    ) -> any Connection {
        let address = SimulatedNetwork.Address(host: host, port: port)
        let connection = SimulatedConnection(
            network, process, on: Self.own(loop), options: options, remoteHost: host,
            peer: "\(address)", handler: handler)
        connection.beginConnecting(to: address, until: network.time.now + options.connectTimeout)
        return connection
    }

    private static func own(_ loop: any Loop) -> SimulatedLoop {
        guard let loop = loop as? SimulatedLoop else {
            preconditionFailure("a simulated world has simulated loops")
        }
        return loop
    }
}
