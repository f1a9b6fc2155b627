/// Which replicas of a topic a replication throttle holds for (KIP-73): none, all, or `partition:broker` pairs.
package struct ThrottledReplicas: Hashable, Sendable {
    private struct Pair: Hashable {
        let partition: Int32
        let broker: Int32
    }

    private let isAll: Bool
    private let pairs: Set<Pair>

    package static let none = ThrottledReplicas("")

    /// Reads `*`, `none`, nothing, or `0:1,1:2`. What is none of these counts for nobody.
    package init(_ text: String) {
        isAll = text == "*"
        var pairs: Set<Pair> = []
        for entry in SettingKind.entries(text) {
            let words = entry.split(separator: ":")
            guard words.count == 2, let partition = Int32(words[0]), let broker = Int32(words[1])
            else { continue }
            pairs.insert(Pair(partition: partition, broker: broker))
        }
        self.pairs = pairs
    }

    package func contains(partition: Int32, broker: Int32) -> Bool {
        isAll || pairs.contains(Pair(partition: partition, broker: broker))
    }
}
