internal import CPlatform
package import Model
package import Ports
internal import Synchronization

/// A loop of Linux: a thread that sleeps in epoll and runs everything else without ever waiting.
///
/// A turn: events of descriptors, then letters posted until now, then due timers in the order of
/// their deadlines, then the end-of-turn work, then sleep until the next deadline or event. The
/// clocks are read once, after the sleep. Work armed or posted during a turn for "now" runs in the
/// next one, so a turn always ends. A trap in work ends the process: a loop that lost its state
/// must not answer for it.
package final class EpollLoop: Loop, @unchecked Sendable {
    // SAFETY: everything mutable below belongs to the loop's thread from `start` on (asserted by
    // `preconditionOnLoop`), except `mailbox`, `owner` and `thread`, which synchronise themselves.

    /// Rounds of end-of-turn work, which may ask for more of itself, before the loop looks at
    /// events again.
    static let endOfTurnRoundsMax = 16

    package let name: String
    private let mailbox = Mailbox()
    private let bell: Int32
    /// The thread's number once it runs; 0 before.
    private let owner = Atomic<UInt>(0)
    private let thread = Mutex<SystemThread?>(nil)

    private var poller: Poller
    private var timers = TimerHeap()
    private var letters: [Mailbox.Letter] = []
    private var endOfTurn: [() -> Void] = []
    private var endOfTurnRound: [() -> Void] = []
    private var isStopping = false

    package private(set) var now: Instant
    package private(set) var wallTime: Timestamp

    /// Makes a loop that does not run yet. Work may be posted to it already.
    package init(name: String) throws(Errno) {
        self.name = name
        let poller = try Poller()
        bell = poller.bellDescriptor
        self.poller = poller
        now = SystemClock.monotonic()
        wallTime = SystemClock.wall()
    }

    // MARK: Life

    /// Starts the thread. Call once.
    package func start() throws(Errno) {
        let started = try SystemThread(name: name) { self.run() }
        thread.withLock { thread in
            precondition(thread == nil, "a loop starts once")
            thread = started
        }
    }

    /// Asks the loop to end after the turn in which the request arrives. From any thread, any
    /// number of times.
    package func stop() { post { self.isStopping = true } }

    /// Waits until the thread has ended. From another thread, after `stop`.
    package func join() {
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        started?.join()
    }

    private func run() {
        owner.store(SystemThread.currentID, ordering: .releasing)
        while !isStopping { runTurn() }
        for source in poller.takeSources() { source.loopStopped() }
        timers.removeAll()
        endOfTurn = []
        mailbox.take(into: &letters)
        letters = []
    }

    // MARK: A turn

    private func runTurn() {
        let count = poller.wait(nanoseconds: sleepLength())
        now = SystemClock.monotonic()
        wallTime = SystemClock.wall()
        for index in 0..<count {
            guard let (source, readiness) = poller.event(index) else { continue }
            source.ready(readiness)
        }
        mailbox.take(into: &letters)
        for letter in letters { letter() }
        letters.removeAll(keepingCapacity: true)
        let mark = timers.mark
        while let work = timers.popDue(at: now, before: mark) { work() }
        runEndOfTurn()
    }

    /// Nanoseconds to sleep at most: 0 if there is something to do, negative without a deadline.
    private func sleepLength() -> Int64 {
        guard endOfTurn.isEmpty, !isStopping else { return 0 }
        var length: Int64 = -1
        if let earliest = timers.earliest, earliest != .distantFuture {
            length = max(0, (earliest - SystemClock.monotonic()).inNanoseconds)
            if length == 0 { return 0 }
        }
        return mailbox.fallAsleep() ? length : 0
    }

    private func runEndOfTurn() {
        var rounds = 0
        while !endOfTurn.isEmpty, rounds < Self.endOfTurnRoundsMax {
            swap(&endOfTurn, &endOfTurnRound)
            for work in endOfTurnRound { work() }
            endOfTurnRound.removeAll(keepingCapacity: true)
            rounds += 1
        }
    }

    // MARK: Loop

    package var isCurrent: Bool { owner.load(ordering: .relaxed) == SystemThread.currentID }

    package func post(_ work: @escaping @Sendable () -> Void) {
        // The bell has room for 2^64 rings, so ringing cannot fail while the loop exists.
        if mailbox.put(work) { _ = martlet_eventfd_signal(bell) }
    }

    @discardableResult
    package func arm(at deadline: Instant, _ work: @escaping () -> Void) -> TimerID {
        preconditionOnLoop()
        return timers.arm(at: deadline, work)
    }

    package func disarm(_ timer: TimerID) {
        preconditionOnLoop()
        timers.disarm(timer)
    }

    package func atEndOfTurn(_ work: @escaping () -> Void) {
        preconditionOnLoop()
        endOfTurn.append(work)
    }

    // MARK: Descriptors

    /// Watches a descriptor for reading, writing and its end: one event per change
    /// (edge-triggered), so the source must go on until the kernel has no more. Only on the loop.
    package func watch(
        _ descriptor: Int32, _ source: any EventSource
    ) throws(Errno) -> Watch {
        preconditionOnLoop()
        let events =
            UInt32(MARTLET_READABLE | MARTLET_WRITABLE | MARTLET_PEER_ENDED)
            | MARTLET_EDGE_TRIGGERED
        return try poller.watch(descriptor, events, source)
    }

    /// Watches a descriptor as long as there is something to read (level-triggered). Only on the
    /// loop.
    package func watchReading(
        _ descriptor: Int32, _ source: any EventSource
    ) throws(Errno) -> Watch {
        preconditionOnLoop()
        return try poller.watch(descriptor, UInt32(MARTLET_READABLE), source)
    }

    /// Pauses or resumes a watch made by `watchReading`. Only on the loop.
    package func setReading(
        _ isReading: Bool, _ watch: Watch, of descriptor: Int32
    ) throws(Errno) {
        preconditionOnLoop()
        try poller.change(
            watch, of: descriptor, to: isReading ? UInt32(MARTLET_READABLE) : 0)
    }

    /// Ends a watch, before its descriptor is closed (closing is what makes the kernel forget it).
    /// Only on the loop.
    package func unwatch(_ watch: Watch) {
        preconditionOnLoop()
        poller.unwatch(watch)
    }

    private func preconditionOnLoop() {
        precondition(isCurrent, "only work that runs on the loop may touch it")
    }
}
