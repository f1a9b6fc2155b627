internal import CPlatform
internal import Glibc
internal import Model
internal import Platform
internal import Ports

extension TCPConnection {
    /// Begins to connect. The handler hears of the outcome later, also if it is known at once.
    func beginConnecting(_ attempt: ConnectAttempt, handler: any ConnectionHandler) {
        self.handler = handler
        attempt.arm(on: network.loop, at: attempt.deadline) { [weak self] in
            self?.lookUpTimedOut(attempt)
        }
        do throws(NetworkError) {
            let found = try Resolver.addresses(
                of: attempt.host, port: attempt.port, .numeric, operation: "connect")
            resolved(attempt, .success(found))
        } catch {
            // Not digits: ask for the name, on a thread that may wait. The attempt is named by its
            // identity, because only this loop may touch it.
            let id = ObjectIdentifier(attempt)
            services.resolver.resolve(attempt.host, port: attempt.port) { answer in
                self.network.loop.post {
                    guard case .connecting(let current) = self.phase else { return }
                    guard ObjectIdentifier(current) == id else { return }
                    self.resolved(current, answer)
                }
            }
        }
    }

    private func lookUpTimedOut(_ attempt: ConnectAttempt) {
        finish(
            .failed(
                NetworkError(
                    .timedOut, operation: "connect", address: attempt.name,
                    reason: "Name was not resolved in time")))
    }

    private func resolved(
        _ attempt: ConnectAttempt, _ answer: Result<[SocketAddress], NetworkError>
    ) {
        switch answer {
        case .success(let addresses):
            attempt.addresses = addresses[...]
            tryNextAddress(attempt)
        case .failure(let error): finish(.failed(error))
        }
    }

    /// Tries addresses until one is under way. Each has an equal share of the time left, so that
    /// one that does not answer leaves time for the others.
    private func tryNextAddress(_ attempt: ConnectAttempt) {
        while let address = attempt.addresses.popFirst() {
            do throws(Errno) {
                let begun = try Self.beginConnect(address, options, services)
                let raw = begun.raw
                socket = consume begun
                watch = try network.loop.watch(raw, self)
                let now = network.loop.now
                let share = (attempt.deadline - now) / (attempt.addresses.count + 1)
                return attempt.arm(on: network.loop, at: now + share) { [weak self] in
                    self?.attemptFailed(attempt, Errno(ETIMEDOUT))
                }
            } catch {
                socket = nil
                attempt.failure = attempt.error(error)
            }
        }
        let failure = attempt.failure
        finish(
            .failed(
                failure
                    ?? NetworkError(
                        .unresolvable, operation: "connect", address: attempt.name,
                        reason: "Name has no address")))
    }

    private static func beginConnect(
        _ address: SocketAddress, _ options: SocketOptions, _ services: NetworkServices
    ) throws(Errno) -> OwnedDescriptor {
        let socket = try OwnedDescriptor(opening: martlet_socket(address.family))
        try socket.set(options, congestionControl: services.congestionControl)
        let code = unsafe address.withPointer {
            unsafe connect(socket.raw, $0, $1) == 0 ? 0 : errno
        }
        guard code == 0 || code == EINPROGRESS || code == EINTR else { throw Errno(code) }
        return socket
    }

    /// The kernel has an answer for the address being tried.
    func attemptEnded(_ attempt: ConnectAttempt, _ readiness: Readiness) {
        guard readiness.has(.writable) || readiness.has(.broken) else { return }
        let code = socket?.pendingError ?? 0
        guard code == 0 else { return attemptFailed(attempt, Errno(code)) }
        guard let ends = endsOfSocket(), !SocketAddress.areSame(ends.local, ends.remote) else {
            // Connecting to a free port of this machine may by chance use that very port as its own
            // and so reach itself: nobody listens there.
            return attemptFailed(attempt, Errno(ECONNREFUSED))
        }
        attempt.end(on: network.loop)
        peer = ends.remote.text
        phase = .open
        isWritable = true
        startIdleTimer()
        handler?.connected(self)
        guard !isClosed else { return }
        if !queue.isEmpty { planFlush() }
        if readiness.has(.readable) { ready(readiness.subtracting(.writable)) }
    }

    private func endsOfSocket() -> (local: SocketAddress, remote: SocketAddress)? {
        guard let raw = socket?.raw else { return nil }
        guard let local = SocketAddress.local(of: raw) else { return nil }
        guard let remote = SocketAddress.remote(of: raw) else { return nil }
        return (local, remote)
    }

    private func attemptFailed(_ attempt: ConnectAttempt, _ errno: Errno) {
        guard case .connecting = phase else { return }
        attempt.failure = attempt.error(errno)
        dropSocket()
        tryNextAddress(attempt)
    }
}
