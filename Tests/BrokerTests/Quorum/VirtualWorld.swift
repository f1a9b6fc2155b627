import Bytes
import Model
import Ports
import Wire
import WireMessages

@testable import Broker

/// One thread, virtual time: the loop, flusher and network on which several drivers run in a test.
final class VirtualLoop: Loop, @unchecked Sendable {
    // SAFETY of the marker: a test runs on one thread.
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private var posted: [@Sendable () -> Void] = []
    private var endings: [() -> Void] = []
    private var timers: [(id: UInt64, at: Instant, work: () -> Void)] = []
    private var nextTimer: UInt64 = 0

    var wallTime: Timestamp { Timestamp(1_700_000_000_000 + now.nanoseconds / 1_000_000) }
    var isCurrent: Bool { true }
    func post(_ work: @escaping @Sendable () -> Void) { posted.append(work) }
    func atEndOfTurn(_ work: @escaping () -> Void) { endings.append(work) }

    func arm(at deadline: Instant, _ work: @escaping () -> Void) -> TimerID {
        nextTimer += 1
        timers.append((nextTimer, deadline, work))
        return TimerID(rawValue: nextTimer)
    }

    func disarm(_ timer: TimerID) { timers.removeAll { $0.id == timer.rawValue } }

    /// Runs for `duration`, or until `isDone`.
    func run(_ duration: Duration, until isDone: () -> Bool = { false }) {
        let end = now + duration
        while !isDone() {
            if !posted.isEmpty {
                posted.removeFirst()()
            } else if !endings.isEmpty {
                endings.removeFirst()()
            } else if let next = timers.map(\.at).min(), next <= end {
                now = max(now, next)
                guard let at = timers.firstIndex(where: { $0.at == next }) else { return }
                timers.remove(at: at).work()
            } else {
                now = end
                return
            }
        }
    }
}

/// Does later, on the same thread, what a disk's thread would do.
final class VirtualFlusher: Flusher, @unchecked Sendable {
    private let loop: VirtualLoop
    private let disk: any FileSystem
    var isDead = false
    init(_ loop: VirtualLoop, _ disk: any FileSystem) {
        self.loop = loop
        self.disk = disk
    }
    var busySince: Instant? { nil }

    /// How long the disk takes; work is done one after the other.
    var latency = Duration.zero
    private var freeAt = Instant.zero

    func perform(_ work: @escaping @Sendable () -> Void) {
        loop.post { [self] in
            freeAt = max(freeAt, loop.now) + latency
            _ = loop.arm(at: freeAt) { [self] in if !isDead { work() } }
        }
    }

    func sync(
        _ files: [any File], directories: [String], on loop: any Loop,
        completion: @escaping @Sendable (FileError?) -> Void
    ) {
        perform { [disk] in
            do throws(FileError) {
                for file in files { try file.sync() }
                for directory in directories { try disk.syncDirectory(directory) }
                completion(nil)
            } catch {
                completion(error)
            }
        }
    }
}

/// Connections by port between nodes of one test.
final class VirtualNetwork: Transport, @unchecked Sendable {
    let loop: VirtualLoop
    /// Answers a frame, or nil while the node is down.
    var servers: [UInt16: (SharedBytes, @escaping (SharedBytes) -> Void) -> Void] = [:]
    private var connections: [VirtualConnection] = []

    init(_ loop: VirtualLoop) { self.loop = loop }

    func listen(
        host: String, port: UInt16, options: SocketOptions, loops: [any Loop],
        accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) throws(NetworkError) -> any Listener {
        throw NetworkError(.failed, operation: "listen", address: host, reason: "not here")
    }

    func connect(
        host: String, port: UInt16, options: SocketOptions, on loop: any Loop,
        handler: any ConnectionHandler
    ) -> any Connection {
        let connection = VirtualConnection(port: port, network: self, handler: handler)
        connections.append(connection)
        self.loop.post { connection.establish() }
        return connection
    }

    /// The node behind `port` dies: its connections are reset.
    func kill(_ port: UInt16) {
        servers[port] = nil
        for connection in connections where connection.port == port { connection.reset() }
        connections.removeAll { $0.port == port }
    }
}

final class VirtualConnection: Connection, @unchecked Sendable {
    let port: UInt16
    private let network: VirtualNetwork
    private var handler: (any ConnectionHandler)?

    init(port: UInt16, network: VirtualNetwork, handler: any ConnectionHandler) {
        self.port = port
        self.network = network
        self.handler = handler
    }

    var peer: String { "localhost:\(port)" }
    var loop: any Loop { network.loop }
    var unsentByteCount: Int { 0 }
    func setReading(_ isReading: Bool) {}

    func establish() {
        if network.servers[port] == nil { reset() } else { handler?.connected(self) }
    }

    func reset() {
        let error = NetworkError(.reset, operation: "read", address: peer, reason: "reset")
        end(.failed(error))
    }

    func close(discarding: Bool) { end(.closedLocally) }

    private func end(_ reason: CloseReason) {
        guard let handler else { return }
        self.handler = nil
        let last = LoopBound(handler, on: loop)
        network.loop.post { [self] in last.take().closed(self, reason) }
    }

    func send(_ pieces: [OutgoingPiece]) {
        for piece in pieces {
            guard case .bytes(let frame) = piece else { continue }
            network.loop.post { [self] in
                guard handler != nil, let server = network.servers[port] else { return }
                server(frame.suffix(from: 4)) { answer in
                    self.network.loop.post {
                        self.handler?.received([answer.suffix(from: 4)], on: self)
                    }
                }
            }
        }
    }
}

final class VirtualEntropy: Entropy, @unchecked Sendable {
    private var random: PRNG
    init(seed: UInt64) { random = PRNG(seed: seed) }
    func next() -> UInt64 { random.next() }
}
