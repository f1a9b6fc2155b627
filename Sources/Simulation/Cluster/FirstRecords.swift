internal import Bytes
internal import InternalRecords
internal import Metadata
internal import Model
internal import Records
internal import Wire

/// What formatting lays down for a new cluster: a snapshot's form around its first records.
enum FirstRecords {
    static func bytes(now: Timestamp) throws -> SharedBytes {
        var writer = ByteWriter(capacity: 1024)
        writer.bytes(try control(.snapshotHeader, SnapshotHeaderRecord(), at: 0, now))
        let records = BootstrapRecords.standard
        var options = RecordBatchBuilder.Options()
        options.baseOffset = Offset(1)
        options.partitionLeaderEpoch = .zero
        var batch = RecordBatchBuilder(options)
        for record in records {
            batch.append(timestamp: now, key: nil, value: try record.framed())
        }
        writer.bytes(try batch.finish())
        let end = Int64(records.count) + 1
        writer.bytes(try control(.snapshotFooter, SnapshotFooterRecord(), at: end, now))
        return writer.finish()
    }

    /// The first snapshot of a cluster that keeps its voters in the log (KIP-853).
    static func voters(_ voters: [VotersRecord.Voter], now: Timestamp) throws -> SharedBytes {
        var header = SnapshotHeaderRecord()
        header.lastContainedLogTimestamp = now.rawValue
        var version = KRaftVersionRecord()
        version.kRaftVersion = 1
        var record = VotersRecord()
        record.voters = voters
        var writer = ByteWriter(capacity: 1024)
        writer.bytes(try control(.snapshotHeader, header, at: 0, now))
        writer.bytes(try control(.kraftVersion, version, at: 1, now))
        writer.bytes(try control(.kraftVoters, record, at: 2, now))
        writer.bytes(try control(.snapshotFooter, SnapshotFooterRecord(), at: 3, now))
        return writer.finish()
    }

    private static func control(
        _ type: ControlRecordType, _ record: some RecordMessage, at offset: Int64, _ now: Timestamp
    ) throws -> SharedBytes {
        var body = ByteWriter(capacity: 64)
        try record.encode(to: &body, version: 0)
        var options = RecordBatchBuilder.Options()
        options.baseOffset = Offset(offset)
        options.partitionLeaderEpoch = .zero
        options.isControl = true
        var batch = RecordBatchBuilder(options)
        batch.append(control: type, value: body.finish(), timestamp: now)
        return try batch.finish()
    }
}
