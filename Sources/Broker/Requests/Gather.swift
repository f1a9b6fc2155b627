/// Answers that come one by one, in any order, and are wanted together in the order asked. Lives on the loop that
/// wants them.
final class Gather<Answer> {
    private var answers: [Answer?]
    private var missing: Int
    private let finish: ([Answer]) -> Void

    /// Calls `finish` when `count` answers are there; for none, at once.
    init(count: Int, finish: @escaping ([Answer]) -> Void) {
        answers = Array(repeating: nil, count: count)
        missing = count
        self.finish = finish
        if count == 0 { finish([]) }
    }

    func take(_ index: Int, _ answer: Answer) {
        precondition(answers[index] == nil, "what was asked once is answered once")
        answers[index] = answer
        missing -= 1
        if missing == 0 { finish(answers.compactMap { $0 }) }
    }
}
