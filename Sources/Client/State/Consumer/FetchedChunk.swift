internal import Bytes
package import Model
package import Records

/// What one answer brought of one partition: whole batches, checked and without control batches.
package struct FetchedChunk: Sendable {
    package let partition: TopicPartition
    /// Records below it are in the first batch because it begins earlier, and are to be passed over.
    package let firstOffset: Offset
    package let batches: [RecordBatchView]
    /// Where the partition goes on.
    package let nextOffset: Offset
    /// The epoch of the last batch, `.none` if there was none.
    package let lastEpoch: LeaderEpoch
    package let highWatermark: Offset
    /// Bytes of the batches.
    package let size: Int

    /// Hands out the records, in order.
    package func forEachRecord(_ body: (ConsumerRecord) -> Void) throws(ClientError) {
        for batch in batches {
            do {
                var cursor = try batch.records()
                while let record = try cursor.next() {
                    guard record.offset >= firstOffset else { continue }
                    body(
                        ConsumerRecord(
                            partition: partition, offset: record.offset,
                            timestamp: record.timestamp, timestampType: batch.timestampType,
                            leaderEpoch: batch.partitionLeaderEpoch, key: record.key,
                            value: record.value, headers: record.headers))
                }
            } catch {
                throw .damagedBatch(partition, offset: batch.baseOffset, reason: "\(error)")
            }
        }
    }

    /// How many records there are and how many bytes their keys and values take, for those who only count.
    package func measure() throws(ClientError) -> (records: Int64, bytes: Int64) {
        var found = (records: Int64(0), bytes: Int64(0))
        try forEachRecord { record in
            found.records += 1
            found.bytes += Int64((record.key?.count ?? 0) + (record.value?.count ?? 0))
        }
        return found
    }
}
