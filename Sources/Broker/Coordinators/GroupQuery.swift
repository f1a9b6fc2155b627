internal import Model
internal import Ports

/// Asks the coordinators of several groups one question each and gathers the answers in the order asked, on
/// the loop that asks.
enum GroupQuery<Answer: Sendable> {
    typealias Reply = @Sendable (Answer) -> Void

    /// Runs `ask` at the coordinator of each group; it answers once, now or later. `refused` says what stands for
    /// a group whose coordinator is not here.
    static func run(
        on home: Shard, _ groups: [String],
        refused: @escaping @Sendable (Int, ErrorCode) -> Answer,
        ask: @escaping @Sendable (GroupCoordinator, Int, @escaping Reply) -> Void,
        finish: @escaping ([Answer]) -> Void
    ) {
        let gather = LoopBound(Gather(count: groups.count, finish: finish), on: home.loop)
        for (index, group) in groups.enumerated() {
            let reply: Reply = { answer in gather.run { $0.take(index, answer) } }
            home.coordinate(group, refused: { reply(refused(index, $0)) }) {
                ask($0, index, reply)
            }
        }
    }
}
