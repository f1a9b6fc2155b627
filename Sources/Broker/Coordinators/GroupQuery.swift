internal import Model
internal import Ports

/// Asks the coordinators of several groups one question each and gathers the answers in the order asked. Lives on
/// the loop that asks.
final class GroupQuery<Answer: Sendable> {
    typealias Reply = @Sendable (Answer) -> Void

    private var answers: [Answer?]
    private var missing: Int
    private let finish: ([Answer]) -> Void

    private init(count: Int, finish: @escaping ([Answer]) -> Void) {
        answers = Array(repeating: nil, count: count)
        missing = count
        self.finish = finish
    }

    /// Runs `ask` at the coordinator of each group; it answers once, now or later. `refused` says what stands for
    /// a group whose coordinator is not here.
    static func run(
        on home: Shard, _ groups: [String],
        refused: @escaping @Sendable (Int, ErrorCode) -> Answer,
        ask: @escaping @Sendable (GroupCoordinator, Int, @escaping Reply) -> Void,
        finish: @escaping ([Answer]) -> Void
    ) {
        guard !groups.isEmpty else {
            finish([])
            return
        }
        let query = LoopBound(GroupQuery(count: groups.count, finish: finish), on: home.loop)
        for (index, group) in groups.enumerated() {
            let reply: Reply = { answer in query.run { $0.take(index, answer) } }
            home.coordinate(group, refused: { reply(refused(index, $0)) }) {
                ask($0, index, reply)
            }
        }
    }

    private func take(_ index: Int, _ answer: Answer) {
        precondition(answers[index] == nil, "a group is asked once")
        answers[index] = answer
        missing -= 1
        if missing == 0 { finish(answers.compactMap { $0 }) }
    }
}
