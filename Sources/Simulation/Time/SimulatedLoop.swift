package import Model
package import Ports

/// A loop without a thread: its turns are events of the world.
///
/// A turn is what `Loop` says: what has arrived and was posted, then due timers, then the end-of-turn work.
/// It begins a seeded while after the loop was woken and costs a seeded while, in which the loop is busy, so
/// the loops of a world interleave as its seed wills. Events hold on to the loop, not weakly: an object that anybody
/// knows weakly costs more each time that it is named.
package final class SimulatedLoop: Loop, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// Rounds of end-of-turn work before the loop looks at other things again.
    static let endOfTurnRoundsMax = 16

    let process: SimulatedProcess
    /// Tells loops apart in the trace.
    let number: UInt64
    private let time: VirtualTime
    private var letters: [() -> Void] = []
    private var due: [UInt64] = []
    // What a turn is about, apart from what comes in the meantime. Kept, for the room that they have.
    private var openLetters: [() -> Void] = []
    private var openDue: [UInt64] = []
    private var openRound: [() -> Void] = []
    private var timers: [UInt64: () -> Void] = [:]
    private var nextTimer: UInt64 = 0
    private var endOfTurn: [() -> Void] = []
    private var isWoken = false
    private var busyUntil = Instant.zero
    /// Looks at the state after each turn, still on the loop; after the one too in which the process ended: what
    /// it did before it may have been heard.
    var afterTurn: (() -> Void)?

    package init(_ process: SimulatedProcess, number: UInt64) {
        self.process = process
        self.number = number
        time = process.time
        process.atEnd { self.end() }
    }

    package var now: Instant { time.now }
    package var wallTime: Timestamp { process.wallTime }
    package var isCurrent: Bool { time.current === self }

    private func end() {
        letters = []
        due = []
        timers = [:]
        endOfTurn = []
        afterTurn = nil
    }

    // MARK: Loop

    package func post(_ work: @escaping @Sendable () -> Void) { deliver(work) }

    /// An event for this loop. What slow work causes comes that much later.
    func deliver(_ work: @escaping () -> Void) {
        guard process.isAlive else { return }
        guard time.lag > .zero else { return put(work) }
        time.schedule(after: time.lag) { self.put(work) }
    }

    private func put(_ work: @escaping () -> Void) {
        guard process.isAlive else { return }
        letters.append(work)
        wake()
    }

    @discardableResult
    package func arm(at deadline: Instant, _ work: @escaping () -> Void) -> TimerID {
        precondition(isCurrent, "only work that runs on the loop may touch it")
        let id = nextTimer
        nextTimer += 1
        timers[id] = work
        if deadline != .distantFuture {
            time.schedule(at: deadline) { self.timerDue(id) }
        }
        return TimerID(rawValue: id)
    }

    package func disarm(_ timer: TimerID) {
        precondition(isCurrent, "only work that runs on the loop may touch it")
        timers[timer.rawValue] = nil
    }

    package func atEndOfTurn(_ work: @escaping () -> Void) {
        precondition(isCurrent, "only work that runs on the loop may touch it")
        endOfTurn.append(work)
    }

    // MARK: Turns

    private func timerDue(_ id: UInt64) {
        guard timers[id] != nil else { return }
        due.append(id)
        wake()
    }

    private func wake() {
        guard !isWoken else { return }
        isWoken = true
        let start = max(time.now + time.microseconds(1...30), busyUntil)
        time.schedule(at: start) { self.turn() }
    }

    private func turn() {
        guard process.mayRun(orLater: { self.turn() }) else { return }
        isWoken = false
        time.trace.note(
            .turn, number, UInt64(letters.count), UInt64(due.count), at: time.now)
        let spent = time.run(as: self) { runTurn() }
        busyUntil = time.now + spent + time.microseconds(1...20)
        if !letters.isEmpty || !due.isEmpty || !endOfTurn.isEmpty { wake() }
    }

    private func runTurn() {
        swap(&letters, &openLetters)
        swap(&due, &openDue)
        let afterTurn = afterTurn
        for letter in openLetters where process.isAlive { letter() }
        openLetters.removeAll(keepingCapacity: true)
        for id in openDue where process.isAlive { timers.removeValue(forKey: id)?() }
        openDue.removeAll(keepingCapacity: true)
        var rounds = 0
        while !endOfTurn.isEmpty, rounds < Self.endOfTurnRoundsMax, process.isAlive {
            swap(&endOfTurn, &openRound)
            for work in openRound where process.isAlive { work() }
            openRound.removeAll(keepingCapacity: true)
            rounds += 1
        }
        afterTurn?()
    }
}
