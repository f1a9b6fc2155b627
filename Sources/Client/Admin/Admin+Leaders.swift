internal import Model
internal import Wire
internal import WireMessages

extension Admin {
    private static var leaderRoundsMax: Int { 4 }

    /// Asks the leaders of partitions, each for its own; `ask` answers for those that it is given. A partition
    /// without a leader fails.
    ///
    /// There are a few rounds, for leaders may be changing right now. What is still refused then is reported.
    func atLeaders<Value: Sendable>(
        of wanted: [TopicPartition],
        _ ask: (BrokerID, Set<TopicPartition>) async -> [TopicPartition: Result<Value, ClientError>]
    ) async throws(ClientError) -> [TopicPartition: Result<Value, ClientError>] {
        var found: [TopicPartition: Result<Value, ClientError>] = [:]
        var left = wanted
        for round in 0..<Self.leaderRoundsMax where !left.isEmpty {
            if round > 0 { await sleep(for: configuration.retryBackoff * (1 << round)) }
            let metadata = try await metadata(of: Set(left.map(\.topic)).sorted())
            var leaders: [TopicPartition: BrokerID] = [:]
            for topic in metadata.topics where topic.errorCode == .none {
                for entry in topic.partitions where entry.leaderID >= 0 {
                    let partition = TopicPartition(topic.name ?? "", entry.partitionIndex)
                    leaders[partition] = BrokerID(entry.leaderID)
                }
            }
            for partition in left where leaders[partition] == nil {
                found[partition] = .failure(.refused(.leaderNotAvailable, message: nil))
            }
            for node in Set(left.compactMap { leaders[$0] }).sorted() {
                let answers = await ask(node, Set(left.filter { leaders[$0] == node }))
                found.merge(answers) { _, new in new }
            }
            left = left.filter { partition in
                guard case .failure(let error)? = found[partition] else { return false }
                return error.isRetriable
            }
        }
        return found
    }
}
