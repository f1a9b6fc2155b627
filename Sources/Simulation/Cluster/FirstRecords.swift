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
