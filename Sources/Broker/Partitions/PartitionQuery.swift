internal import Model
internal import Ports

/// Asks partitions on all loops one question each and gathers the answers in the order asked, on the
/// loop that asks.
enum PartitionQuery<Question: Sendable, Answer: Sendable> {
    /// One question, with the partition it goes to; those without one are answered at once.
    struct Item {
        let key: PartitionKey?
        let question: Question
    }

    /// Runs `ask` on each partition's loop (nil: it is not hosted here) and `finish` here with all answers.
    static func run(
        on home: Shard, _ items: [Item], unresolved: (Question) -> Answer,
        ask: @escaping @Sendable (Shard, PartitionKey, Question) -> Answer,
        finish: @escaping ([Answer]) -> Void
    ) {
        let gather = Gather(count: items.count, finish: finish)
        var asked: [(index: Int, key: PartitionKey, question: Question)] = []
        var early: [(Int, Answer)] = []
        for (index, item) in items.enumerated() {
            if let key = item.key {
                asked.append((index, key, item.question))
            } else {
                early.append((index, unresolved(item.question)))
            }
        }
        for (index, answer) in early { gather.take(index, answer) }
        let bound = LoopBound(gather, on: home.loop)
        for (shard, list) in home.node.byShard(asked, \.key) {
            home.peers[shard].run { shard in
                let answers = list.map { ($0.index, ask(shard, $0.key, $0.question)) }
                bound.run { gather in
                    for (index, answer) in answers { gather.take(index, answer) }
                }
            }
        }
    }
}
