package import Bytes

/// How a transaction ended, as its coordinator had it written to each partition (KIP-98).
package struct EndTransactionMarker: Hashable, Sendable {
    /// Whether consumers may read the transaction's records.
    package let isCommit: Bool
    /// Which leadership of the transaction log sent it; an older one than before is refused.
    package let coordinatorEpoch: Int32

    package init(isCommit: Bool, coordinatorEpoch: Int32) {
        self.isCommit = isCommit
        self.coordinatorEpoch = coordinatorEpoch
    }

    /// Nil unless the record is a marker: int16 version 0 or later, int32 coordinator epoch. What
    /// later versions add behind that is passed over.
    package init?(_ record: ControlRecord) {
        guard record.type == .commit || record.type == .abort else { return nil }
        guard record.value.count >= 6 else { return nil }
        guard record.value.integer(at: 0, as: Int16.self) >= 0 else { return nil }
        self.init(
            isCommit: record.type == .commit, coordinatorEpoch: record.value.integer(at: 2))
    }

    /// The kind of record that says so.
    package var type: ControlRecordType { isCommit ? .commit : .abort }

    /// Its body at version 0.
    package var value: SharedBytes {
        var writer = ByteWriter(capacity: 6)
        writer.int16(0)
        writer.int32(coordinatorEpoch)
        return writer.finish()
    }
}
