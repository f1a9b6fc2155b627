internal import Bytes
internal import Model
internal import Records

/// Producers whose first batch for a partition came by a connection and is not acknowledged yet.
///
/// A producer sends several batches ahead. If the first is refused for a passing reason (the topic is not known
/// here yet, the leader is still another, too few replicas are in sync) and the second comes when that is over,
/// a log that has never seen the producer would take the second, as Kafka's does; and librdkafka counts the
/// first as delivered with it. So while the first is not acknowledged, the log must have it before it takes
/// another (docs/differences-from-kafka.md).
struct FirstBatches {
    /// Batches remembered for a connection. Those beyond are treated as Kafka does.
    static let limit = 10_000

    /// One producer on one partition, whose topic the request has named or given the id of.
    struct Key: Hashable {
        let topic: String
        let topicID: UUID
        let partition: Int32
        let producer: ProducerID
    }

    private var open: Set<Key> = []

    /// Notes a batch that begins at `sequence`. Answers whether the log must know its producer.
    mutating func mustBeKnown(_ key: Key, sequence: Int32) -> Bool {
        guard sequence == 0 else { return open.contains(key) }
        if open.count < Self.limit { open.insert(key) }
        return false
    }

    /// The first batch of this producer is in the log.
    mutating func acknowledged(_ key: Key) { open.remove(key) }
}

extension RecordBatchHeader {
    /// The header of a producer's batch with sequence numbers; nil for any other bytes.
    static func numbered(_ bytes: SharedBytes) -> RecordBatchHeader? {
        do throws(RecordBatchError) {
            let header = try RecordBatchHeader(bytes)
            return header.hasProducerID ? header : nil
        } catch {
            // The validation of the batch tells what is wrong with it.
            return nil
        }
    }
}
