package import Bytes
package import Model

/// A record of a control batch: its kind, and a body whose schema the kind names.
///
/// Consumers skip these records, but their offsets count.
package struct ControlRecord: Hashable, Sendable {
    package let type: ControlRecordType
    package let offset: Offset
    package let timestamp: Timestamp
    /// The body; it begins with its own version.
    package let value: SharedBytes

    package init(
        type: ControlRecordType, offset: Offset, timestamp: Timestamp, value: SharedBytes
    ) {
        self.type = type
        self.offset = offset
        self.timestamp = timestamp
        self.value = value
    }

    /// Reads key and value of a record out of a control batch; nil if it lacks either.
    ///
    /// Kafka reads a key of any version as one of version 0, and so do we.
    package init?(_ record: Record) {
        guard let key = record.key, let value = record.value else { return nil }
        guard key.count >= 4, key.integer(at: 0, as: Int16.self) >= 0 else { return nil }
        self.init(
            type: ControlRecordType(rawValue: key.integer(at: 2)), offset: record.offset,
            timestamp: record.timestamp, value: value)
    }

    /// The key that names a kind: int16 version 0, int16 type.
    static func key(_ type: ControlRecordType) -> SharedBytes {
        var writer = ByteWriter(capacity: 4)
        writer.int16(0)
        writer.int16(type.rawValue)
        return writer.finish()
    }
}

extension RecordBatchView {
    /// Bytes that the records of a control batch may take; the largest, a list of voters, is far
    /// below.
    package static let controlMax = 16 << 20

    /// The records of a control batch: mostly one, but the batch that opens a term may hold
    /// several. Traps if this is not a control batch.
    package func controlRecords() throws(RecordBatchError) -> [ControlRecord] {
        precondition(isControl, "only control batches hold control records")
        var cursor = try records(limit: Self.controlMax)
        var found: [ControlRecord] = []
        while let record = try cursor.next() {
            guard let control = ControlRecord(record) else {
                throw .malformedControlRecord(index: found.count)
            }
            found.append(control)
        }
        return found
    }

    /// The end of a transaction if this batch marks one, else nil. A marker is alone in its batch.
    package func endTransactionMarker() throws(RecordBatchError) -> EndTransactionMarker? {
        guard isControl, isTransactional else { return nil }
        let records = try controlRecords()
        guard let record = records.first else { return nil }
        guard record.type == .abort || record.type == .commit else { return nil }
        guard let marker = EndTransactionMarker(record) else {
            throw .malformedControlRecord(index: 0)
        }
        return marker
    }
}
