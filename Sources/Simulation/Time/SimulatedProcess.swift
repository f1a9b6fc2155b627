internal import Model

/// One life of a process on a host: what it owns ends with it.
package final class SimulatedProcess: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    package let host: String
    let time: VirtualTime
    private let clock: WallClock
    package private(set) var isAlive = true
    /// Stopped by a signal: nothing of it runs, while the kernel goes on with its sockets.
    package private(set) var isPaused = false
    private var deferred: [() -> Void] = []
    private var endings: [() -> Void] = []
    /// Its ends of connections, by number.
    private var connections: [UInt64: SimulatedConnection] = [:]

    package init(host: String, time: VirtualTime, clock: WallClock = WallClock()) {
        self.clock = clock
        self.host = host
        self.time = time
        time.began(self)
    }

    var wallTime: Timestamp { clock.time(at: time) }

    /// Whether work of this process may run now; if it is only paused, `later` is called once it goes on.
    func mayRun(orLater later: @escaping () -> Void) -> Bool {
        guard isAlive else { return false }
        guard !isPaused else {
            deferred.append(later)
            return false
        }
        return true
    }

    /// `work` is done when the process ends, whatever ends it.
    func atEnd(_ work: @escaping () -> Void) { endings.append(work) }

    func opened(_ connection: SimulatedConnection) { connections[connection.number] = connection }
    func closed(_ connection: SimulatedConnection) { connections[connection.number] = nil }

    package func pause() { isPaused = true }

    package func resume() {
        guard isPaused else { return }
        isPaused = false
        let waiting = deferred
        deferred = []
        for work in waiting { time.schedule(after: time.microseconds(1...50), work) }
    }

    package func end() {
        guard isAlive else { return }
        isAlive = false
        deferred = []
        let endings = endings
        self.endings = []
        for ending in endings { ending() }
        let open = connections.values.sorted { $0.number < $1.number }
        connections = [:]
        for connection in open { connection.processEnded() }
    }
}
