internal import CPlatform
internal import Glibc
internal import Model
internal import Platform
internal import Ports
internal import Synchronization

/// A listening port: one socket per address of its host, all accepted from on the first loop, which
/// hands the connections round to the loops.
///
/// When the process has no descriptor left, the kernel would report the waiting connection for
/// ever. So one descriptor is held in reserve: it is given up to take the connection and close it,
/// and then taken back.
final class TCPListener: Listener, @unchecked Sendable {
    // SAFETY: `port`, `home` and the closures never change; the rest is used on `home` only, after
    // `init`.

    /// Connections accepted in a row, before others have their turn.
    private static let acceptsPerTurnMax = 64
    /// How long a listener rests if it cannot even refuse.
    private static let rest = Duration.milliseconds(100)
    /// The least time between two reports of trouble.
    private static let reportInterval = Duration.seconds(10)

    typealias Adopt = @Sendable (_ accepted: AcceptedSocket) -> Void

    let port: UInt16
    private let home: EpollLoop
    private let adopt: Adopt
    private let report: @Sendable (TransportTrouble) -> Void
    private var doors: [Door]
    private var reserve: OwnedDescriptor?
    private var isOpen = true
    private var refused = 0
    private var nextReport = Instant.zero

    init(
        _ sockets: [BoundSocket], port: UInt16, on home: EpollLoop,
        report: @escaping @Sendable (TransportTrouble) -> Void, adopt: @escaping Adopt
    ) {
        self.port = port
        self.home = home
        self.adopt = adopt
        self.report = report
        doors = []
        reserve = Self.takeReserve()
        doors = sockets.map { Door($0, of: self) }
        home.post { self.open() }
    }

    private static func takeReserve() -> OwnedDescriptor? {
        let raw = unsafe martlet_open("/dev/null", O_RDONLY, 0)
        return raw >= 0 ? OwnedDescriptor(adopting: raw) : nil
    }

    private func open() {
        guard isOpen else { return }
        for door in doors {
            do throws(Errno) {
                door.watch = try home.watchReading(door.socket.raw, door)
            } catch {
                report(.acceptFailed(port: port, reason: error.reason))
            }
        }
    }

    func close() { home.post { self.shut() } }

    private func shut() {
        isOpen = false
        for door in doors { if let watch = door.watch { home.unwatch(watch) } }
        doors = []
        reserve = nil
    }

    /// One listening socket.
    final class Door: EventSource {
        let socket: BoundSocket
        unowned let listener: TCPListener
        var watch: Watch?

        init(_ socket: BoundSocket, of listener: TCPListener) {
            self.socket = socket
            self.listener = listener
        }

        func ready(_ readiness: Readiness) { listener.acceptWaiting(at: self) }
        func loopStopped() {
            watch = nil
            listener.loopStopped()
        }
    }

    private func loopStopped() {
        isOpen = false
        reserve = nil
    }

    // MARK: Accepting

    private func acceptWaiting(at door: Door) {
        for _ in 0..<Self.acceptsPerTurnMax {
            guard isOpen else { return }
            do throws(Errno) {
                adopt(try accept(at: door))
            } catch {
                if error.wouldBlock { return }
                guard goOn(after: error, at: door) else { return pause(door) }
            }
        }
    }

    private func accept(at door: Door) throws(Errno) -> AcceptedSocket {
        var address = SocketAddress()
        let raw = unsafe martlet_accept(door.socket.raw, &address.storage, &address.length)
        return AcceptedSocket(try OwnedDescriptor(opening: raw), from: address)
    }

    /// Whether accepting can go on after an error.
    private func goOn(after error: Errno, at door: Door) -> Bool {
        switch error.code {
        case ECONNABORTED, EPROTO, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, EPERM:
            // The peer or the network between gave up on that one connection.
            return true
        case EMFILE, ENFILE:
            guard reserve != nil else { return false }
            reserve = nil
            let raw = martlet_accept(door.socket.raw, nil, nil)
            if raw >= 0 { _ = OwnedDescriptor(adopting: raw) }
            reserve = Self.takeReserve()
            refused += 1
            reportNowAndThen { .outOfDescriptors(port: port, refused: refused) }
            return reserve != nil
        default:
            reportNowAndThen { .acceptFailed(port: port, reason: error.reason) }
            return false
        }
    }

    private func reportNowAndThen(_ trouble: () -> TransportTrouble) {
        guard home.now >= nextReport else { return }
        nextReport = home.now + Self.reportInterval
        report(trouble())
        refused = 0
    }

    private func pause(_ door: Door) {
        setReading(false, door)
        home.arm(at: home.now + Self.rest) { [weak self] in
            guard let self, isOpen else { return }
            if reserve == nil { reserve = Self.takeReserve() }
            setReading(true, door)
        }
    }

    private func setReading(_ isReading: Bool, _ door: Door) {
        guard let watch = door.watch else { return }
        do throws(Errno) {
            try home.setReading(isReading, watch, of: door.socket.raw)
        } catch {
            report(.acceptFailed(port: port, reason: error.reason))
        }
    }
}
