internal import Controller
internal import Model

/// Answers that wait until what they tell is committed, in the order in which it will be.
struct ParkedAnswers {
    /// Answers that may wait at once; more requests are refused.
    static let countMax = 10_000

    private struct Entry {
        /// Must be committed before the answer goes out.
        let offset: Offset
        let deadline: Instant
        /// Nil once it was given too late.
        var answer: ((ControllerError?) -> Void)?
    }

    private var entries: [Entry] = []

    var isFull: Bool { entries.count >= Self.countMax }
    var isEmpty: Bool { entries.isEmpty }

    /// When the first answer becomes too late.
    var nextDeadline: Instant? {
        entries.filter { $0.answer != nil }.map(\.deadline).min()
    }

    /// `answer` gets nil once `offset` is committed, or the reason why that is not known.
    mutating func park(
        until offset: Offset, deadline: Instant, _ answer: @escaping (ControllerError?) -> Void
    ) {
        precondition(entries.last.map { $0.offset <= offset } ?? true, "offsets only grow")
        entries.append(Entry(offset: offset, deadline: deadline, answer: answer))
    }

    /// Takes out the answers that may go out now that `offset` is committed.
    mutating func committed(through offset: Offset) -> [(ControllerError?) -> Void] {
        let count = entries.prefix { $0.offset <= offset }.count
        guard count > 0 else { return [] }
        let ready = entries[..<count].compactMap(\.answer)
        entries.removeFirst(count)
        return ready
    }

    /// Takes out the answers that are too late.
    mutating func expired(at now: Instant) -> [(ControllerError?) -> Void] {
        var late: [(ControllerError?) -> Void] = []
        for index in entries.indices where entries[index].deadline <= now {
            guard let answer = entries[index].answer else { continue }
            entries[index].answer = nil
            late.append(answer)
        }
        return late
    }

    /// Takes out all answers.
    mutating func removeAll() -> [(ControllerError?) -> Void] {
        defer { entries = [] }
        return entries.compactMap(\.answer)
    }
}
