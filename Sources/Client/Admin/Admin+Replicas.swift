internal import Bytes
package import Model
package import Records
internal import Wire
internal import WireMessages

/// What one replica answered when it was read.
package struct ReplicaSlice: Sendable {
    /// Whole batches, checked against their checksums.
    package let batches: [RecordBatchView]
    /// Up to where the replica knows its records to be committed.
    package let highWatermark: Offset
}

/// Replicas are read one by one, leader or not, as debugging tools do it.
extension Admin {
    /// Asks any replica, not only the leader.
    private static var debuggingReplicaID: Int32 { -2 }

    /// Where a replica's log begins and up to where it is committed, as this replica knows it.
    package func bounds(
        of partition: TopicPartition, at broker: BrokerID, within limit: Duration
    ) async throws(ClientError) -> Range<Offset> {
        let start = try await position(.earliest, of: partition, at: broker, within: limit)
        let end = try await position(.latest, of: partition, at: broker, within: limit)
        return start..<max(start, end)
    }

    private func position(
        _ spec: OffsetSpec, of partition: TopicPartition, at broker: BrokerID,
        within limit: Duration
    ) async throws(ClientError) -> Offset {
        var entry = ListOffsetsRequest.ListOffsetsPartition()
        entry.partitionIndex = partition.partition
        entry.timestamp = spec.wireValue
        var topic = ListOffsetsRequest.ListOffsetsTopic()
        topic.name = partition.topic
        topic.partitions = [entry]
        var request = ListOffsetsRequest()
        request.replicaID = Self.debuggingReplicaID
        request.topics = [topic]
        let answer = try await ask(request, of: .node(broker), within: limit).message
        guard let found = answer.topics.first?.partitions.first else {
            throw .refused(.unknownServerError, message: "the answer tells of no partition")
        }
        try found.errorCode.check()
        return Offset(found.offset)
    }

    /// Reads committed batches of one replica from `offset` on.
    ///
    /// - Throws: `damagedBatch` for bytes that are no batch, or do not fit their checksum.
    package func read(
        _ partition: TopicPartition, at broker: BrokerID, from offset: Offset, atMost bytes: Int,
        within limit: Duration
    ) async throws(ClientError) -> ReplicaSlice {
        var entry = FetchRequest.FetchPartition()
        entry.partition = partition.partition
        entry.currentLeaderEpoch = -1
        entry.fetchOffset = offset.rawValue
        entry.partitionMaxBytes = Int32(clamping: bytes)
        var topic = FetchRequest.FetchTopic()
        topic.topic = partition.topic
        topic.partitions = [entry]
        var request = FetchRequest()
        request.replicaID = Self.debuggingReplicaID
        request.maxBytes = Int32(clamping: bytes)
        request.topics = [topic]
        request.sessionEpoch = -1
        // The last version that names topics.
        let answer = try await ask(
            request, of: .node(broker), versions: 4...12, within: limit
        ).message
        try answer.errorCode.check()
        guard let found = answer.responses.first?.partitions.first else {
            throw .refused(.unknownServerError, message: "the answer tells of no partition")
        }
        try found.errorCode.check()
        var batches: [RecordBatchView] = []
        var sequence = RecordBatchSequence(found.records ?? .empty)
        do {
            while let batch = try sequence.next() {
                try batch.checkCRC()
                batches.append(batch)
            }
        } catch {
            let place = batches.last?.nextOffset ?? offset
            throw .damagedBatch(partition, offset: place, reason: "\(error)")
        }
        return ReplicaSlice(batches: batches, highWatermark: Offset(found.highWatermark))
    }
}
