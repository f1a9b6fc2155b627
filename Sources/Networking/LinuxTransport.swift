internal import CPlatform
internal import Glibc
internal import Model
internal import Platform
package import Ports
internal import Synchronization

/// The network of this machine. All loops given to it must be `EpollLoop`s.
package final class LinuxTransport: Transport {
    private let services: NetworkServices
    private let report: @Sendable (TransportTrouble) -> Void
    private let networks = Mutex<[ObjectIdentifier: LoopNetwork]>([:])

    /// From here on this process ignores SIGPIPE.
    ///
    /// - Parameters:
    ///   - congestionControl: TCP's congestion control for new sockets, as in `cubic`; nil: the kernel's.
    ///   - report: hears of trouble, on a loop.
    package init(
        congestionControl: String? = nil,
        report: @escaping @Sendable (TransportTrouble) -> Void = { _ in }
    ) {
        // `sendfile` has no flag that spares the process a signal when the peer has gone.
        Signals.ignoreBrokenPipes()
        services = NetworkServices(congestionControl: congestionControl)
        self.report = report
    }

    private func network(of loop: any Loop) -> LoopNetwork {
        guard let loop = loop as? EpollLoop else {
            preconditionFailure("connections of Linux live on loops of Linux")
        }
        return networks.withLock { networks in
            if let network = networks[ObjectIdentifier(loop)] { return network }
            let network = LoopNetwork(loop)
            networks[ObjectIdentifier(loop)] = network
            return network
        }
    }

    // MARK: Connecting

    package func connect(
        host: String, port: UInt16, options: SocketOptions, on loop: any Loop,
        handler: any ConnectionHandler
    ) -> any Connection {
        precondition(loop.isCurrent, "a connection is made on its loop")
        let attempt = ConnectAttempt(
            host: host, port: port,
            deadline: loop.now + min(options.connectTimeout, TCPConnection.waitMax))
        let connection = TCPConnection(
            network(of: loop), services: services, options: options, peer: attempt.name,
            phase: .connecting(attempt))
        connection.beginConnecting(attempt, handler: handler)
        return connection
    }

    // MARK: Listening

    /// Listens on every address of `host`, which is resolved here and may wait for a name server.
    package func listen(
        host: String, port: UInt16, options: SocketOptions, loops: [any Loop],
        accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) throws(NetworkError) -> any Listener {
        precondition(!loops.isEmpty, "a listener needs a loop")
        let networks = loops.map(network(of:))
        let sockets = try bind(host: host, port: port, options)
        guard let chosen = sockets[0].port else {
            throw NetworkError(
                .failed, operation: "listen", address: "\(host):\(port)",
                reason: "The socket has no port")
        }
        let turn = Mutex(0)
        let services = services
        return TCPListener(sockets, port: chosen, on: networks[0].loop, report: report) {
            accepted in
            let index = turn.withLock { turn in
                defer { turn = (turn + 1) % networks.count }
                return turn
            }
            let network = networks[index]
            let adopt: @Sendable () -> Void = {
                LinuxTransport.adopt(accepted, network, services, options, accept)
            }
            if network.loop.isCurrent { adopt() } else { network.loop.post(adopt) }
        }
    }

    /// Begins a connection on its loop.
    private static func adopt(
        _ accepted: AcceptedSocket, _ network: LoopNetwork, _ services: NetworkServices,
        _ options: SocketOptions, _ accept: (any Connection) -> (any ConnectionHandler)?
    ) {
        guard let socket = accepted.take() else { return }
        let connection = TCPConnection(
            network, services: services, options: options, peer: accepted.peer.text, phase: .open)
        guard let handler = accept(connection) else { return }
        connection.begin(on: socket, handler: handler)
    }

    private func bind(
        host: String, port: UInt16, _ options: SocketOptions
    ) throws(NetworkError) -> [BoundSocket] {
        guard !host.isEmpty else { return [try bindAll(port: port, options)] }
        var addresses = try Resolver.addresses(of: host, port: port, .names, operation: "listen")
        var sockets: [BoundSocket] = []
        var failure: Errno?
        for index in addresses.indices {
            // The addresses of one host share the port chosen for the first of them.
            if let chosen = sockets.first?.port { addresses[index].port = chosen }
            do throws(Errno) {
                sockets.append(
                    try BoundSocket(
                        addresses[index], options, isDualStack: false,
                        congestionControl: services.congestionControl))
            } catch {
                failure = error
                // A family this machine does not speak is left out; a port in use is not.
                if error.code != EADDRNOTAVAIL, error.code != EAFNOSUPPORT { break }
            }
        }
        if let failure, sockets.isEmpty || failure.code == EADDRINUSE {
            throw NetworkError(failure, operation: "listen", address: "\(host):\(port)")
        }
        return sockets
    }

    /// All addresses: one IPv6 socket that takes IPv4 too, or IPv4 alone where there is no IPv6.
    private func bindAll(
        port: UInt16, _ options: SocketOptions
    ) throws(NetworkError) -> BoundSocket {
        do throws(Errno) {
            return try BoundSocket(
                .any(family: AF_INET6, port: port), options, isDualStack: true,
                congestionControl: services.congestionControl)
        } catch {
            guard error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL else {
                throw NetworkError(error, operation: "listen", address: "*:\(port)")
            }
        }
        do throws(Errno) {
            return try BoundSocket(
                .any(family: AF_INET, port: port), options, isDualStack: false,
                congestionControl: services.congestionControl)
        } catch {
            throw NetworkError(error, operation: "listen", address: "*:\(port)")
        }
    }
}
