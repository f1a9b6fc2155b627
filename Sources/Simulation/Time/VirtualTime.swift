package import Model

/// The time of a simulated world, and all that is still to happen in it.
///
/// One thread runs one event after the other; between two events time jumps. Events at the same time run in
/// the order in which they were scheduled, so a seed has one history. `lag` is how long the work that runs
/// now would have taken already: an inline sync cannot make time pass, but everything that the work causes
/// afterwards happens that much later.
package final class VirtualTime: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// 1970 of the world's wall clock lies so long before its first instant.
    static let wallClockStart: Int64 = 1_790_000_000_000

    package private(set) var now = Instant(nanoseconds: 3_600_000_000_000)
    package var trace = Trace()
    private var queue = EventQueue()
    private var processes: [SimulatedProcess] = []
    private var random: PRNG
    /// The loop or flusher whose work runs.
    private(set) var current: AnyObject?
    /// How long the work that runs has taken so far.
    private(set) var lag = Duration.zero

    /// Events of one second beyond which something spins: time then stands still. Ten times what a busy one has.
    package var eventsPerSecondMax = 200_000
    /// Events of this world beyond which something goes round and round, if not fast.
    package var eventsMax = Int.max
    /// Nothing happens any more: something spun, or `halt` was called.
    package private(set) var isHalted = false
    /// Something spun.
    package private(set) var hasSpun = false
    private var second = Instant.zero
    private var eventsOfSecond = 0
    /// Events of this world so far.
    package private(set) var eventCount = 0

    package init(seed: UInt64) { random = PRNG(seed: seed) }

    package var wallTime: Timestamp {
        Timestamp(Self.wallClockStart + now.nanoseconds / 1_000_000)
    }

    /// Chance of this world.
    func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// A length in `range` of microseconds.
    func microseconds(_ range: ClosedRange<Int>) -> Duration { .microseconds(draw(range)) }

    func schedule(at instant: Instant, _ work: @escaping () -> Void) {
        queue.add(at: max(instant, now), work)
    }

    func schedule(after delay: Duration, _ work: @escaping () -> Void) {
        schedule(at: now + delay, work)
    }

    /// Runs `work` as the work of `owner` and answers how long it took.
    func run(as owner: AnyObject, _ work: () -> Void) -> Duration {
        precondition(current == nil, "one thing happens at a time")
        current = owner
        lag = .zero
        defer {
            current = nil
            lag = .zero
        }
        work()
        return lag
    }

    /// The work that runs waits for so long.
    func spend(_ length: Duration) { if current != nil { lag += length } }

    // MARK: Going on

    /// Lets `length` pass.
    package func pass(_ length: Duration) {
        let end = now + length
        while !isHalted, let next = queue.first, next <= end { step() }
        if !isHalted { now = max(now, end) }
    }

    /// Goes on until `condition` holds, at most for `limit`; whether it came to hold.
    package func pass(atMost limit: Duration, until condition: () -> Bool) -> Bool {
        let end = now + limit
        while !condition() {
            guard !isHalted else { return false }
            guard let next = queue.first, next <= end else {
                now = max(now, end)
                return condition()
            }
            step()
        }
        return true
    }

    func began(_ process: SimulatedProcess) { processes.append(process) }

    /// The world is over: its processes end, and what was still to happen is forgotten. What is in it holds on to each
    /// other through both, and would stay.
    func end() {
        isHalted = true
        for process in processes { process.end() }
        processes = []
        queue = EventQueue()
    }

    /// Nothing happens from here on: whoever waits for something sees it not come.
    package func halt() { isHalted = true }

    private func step() {
        let event = queue.removeFirst()
        now = max(now, event.at)
        guard now < second + .seconds(1) else { return begin(event.work) }
        eventsOfSecond += 1
        guard eventsOfSecond <= eventsPerSecondMax, eventCount < eventsMax else {
            hasSpun = true
            return halt()
        }
        run(event.work)
    }

    private func begin(_ work: () -> Void) {
        second = now
        eventsOfSecond = 1
        run(work)
    }

    private func run(_ work: () -> Void) {
        eventCount += 1
        work()
    }
}
