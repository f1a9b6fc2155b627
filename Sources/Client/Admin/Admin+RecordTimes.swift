internal import Bytes
package import Model
internal import Records
internal import Wire
internal import WireMessages

extension Admin {
    /// When the first record at or after each place was written, by reading it from the partition's leader.
    /// Places where nothing can be read are absent.
    package func recordTimes(
        _ places: [(TopicPartition, Offset)]
    ) async -> [TopicPartition: Timestamp] {
        guard !places.isEmpty else { return [:] }
        var consumer = ConsumerConfiguration()
        consumer.createsTopics = false
        consumer.offsetReset = .earliest
        // One small answer of each partition is enough; a batch larger than that still comes whole.
        consumer.partitionMaxBytes = 1
        let reader = Consumer(configuration, consumer: consumer, runtime: runtime)
        await reader.assign(places.map { (partition: $0.0, start: .offset($0.1)) })
        var found: [TopicPartition: Timestamp] = [:]
        // Nothing comes of places at the end of a log, or of partitions without a leader.
        while found.count < places.count {
            let records: [ConsumerRecord]
            do { records = try await reader.poll(timeout: .seconds(2)) } catch { break }
            guard !records.isEmpty else { break }
            for record in records where found[record.partition] == nil {
                found[record.partition] = record.timestamp
                await reader.pause(record.partition)
            }
        }
        await reader.close()
        return found
    }
}
