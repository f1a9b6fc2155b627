package import Bytes
internal import Compression
internal import Model

/// The records of one batch, one after the other, unpacked once.
///
/// Offsets rise within the batch's range; compaction may have left gaps. Anything else is an
/// error, and after an error the cursor has nothing more to say.
package struct RecordCursor {
    private let header: RecordBatchHeader
    private let unpacked: SharedBytes
    private var reader: ByteReader
    private var index: Int32 = 0
    private var lastDelta: Int32 = -1
    private var hasEnded = false

    /// - Parameter limit: bytes that the records may take unpacked.
    init(_ batch: RecordBatchView, limit: Int) throws(RecordBatchError) {
        header = batch.header
        unpacked = try batch.unpacked(limit: limit)
        reader = ByteReader(unpacked)
    }

    /// The next record, or nil after the last.
    package mutating func next() throws(RecordBatchError) -> Record? {
        guard !hasEnded else { return nil }
        hasEnded = true
        guard index < header.recordCount else {
            guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
            return nil
        }
        let record = try decode()
        index += 1
        hasEnded = false
        return record
    }

    private mutating func decode() throws(RecordBatchError) -> Record {
        let fields: RecordFields
        do { fields = try RecordFields(&reader) } catch { throw malformed(RecordFault(error)) }
        guard fields.offsetDelta > lastDelta, fields.offsetDelta <= header.lastOffsetDelta else {
            throw malformed(.offsetOutOfOrder)
        }
        lastDelta = fields.offsetDelta
        return Record(
            offset: header.baseOffset + Int64(fields.offsetDelta),
            timestamp: try timestamp(fields.timestampDelta),
            key: slice(fields.keyStart, fields.keyCount),
            value: slice(fields.valueStart, fields.valueCount), headerCount: fields.headerCount,
            headerBytes: fields.headerCount == 0
                ? .empty : unpacked[fields.headersStart..<reader.position],
            sizeInBytes: fields.sizeInBytes)
    }

    private func slice(_ start: Int, _ count: Int) -> SharedBytes? {
        count < 0 ? nil : unpacked[start..<start + count]
    }

    private func timestamp(_ delta: Int64) throws(RecordBatchError) -> Timestamp {
        switch header.timestampType {
        case .logAppendTime: return header.maxTimestamp
        case .createTime:
            let (time, overflow) = header.baseTimestamp.rawValue.addingReportingOverflow(delta)
            if overflow { throw malformed(.timestampOverflow) }
            return Timestamp(time)
        }
    }

    private func malformed(_ fault: RecordFault) -> RecordBatchError {
        .malformedRecord(index: Int(index), fault)
    }
}

extension RecordBatchView {
    /// Bytes that the records of one batch may take unpacked, unless the caller says otherwise.
    package static let unpackedMax = 256 << 20

    /// The records. Unpacks them if they are packed, which takes memory up to `limit`.
    package func records(
        limit: Int = unpackedMax
    ) throws(RecordBatchError) -> RecordCursor {
        try RecordCursor(self, limit: limit)
    }

    /// The bytes of the records as they are when no codec is set.
    package func unpacked(limit: Int = unpackedMax) throws(RecordBatchError) -> SharedBytes {
        // Compaction may leave a batch without records, which has nothing to unpack either.
        if payload.isEmpty, recordCount == 0 { return payload }
        do {
            return try compression.decompress(payload, limit: limit)
        } catch {
            throw .compression(error)
        }
    }
}
