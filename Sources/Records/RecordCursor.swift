package import Bytes
internal import Compression
internal import Model

/// The records of one batch, one after the other, unpacked once.
///
/// Offsets rise within the batch's range; compaction may have left gaps. Anything else is an error, and
/// after an error the cursor has nothing more to say.
package struct RecordCursor: Sendable {
    private let header: RecordBatchHeader
    private let unpacked: SharedBytes
    private var position = 0
    private var index: Int32 = 0
    private var lastDelta: Int32 = -1

    /// - Parameter limit: bytes that the records may take unpacked.
    init(_ batch: RecordBatchView, limit: Int) throws(RecordBatchError) {
        header = batch.header
        unpacked = try batch.unpacked(limit: limit)
    }

    /// The next record, or nil after the last.
    package mutating func next() throws(RecordBatchError) -> Record? {
        let start = position
        guard index < header.recordCount else {
            guard start == unpacked.count else { throw .trailingBytes(unpacked.count - start) }
            return nil
        }
        var reader = ByteReader(unpacked.suffix(from: start))
        let record: Record
        do {
            record = try decode(&reader)
        } catch {
            index = header.recordCount
            position = unpacked.count
            throw error
        }
        position = start + reader.position
        index += 1
        return record
    }

    private mutating func decode(_ reader: inout ByteReader) throws(RecordBatchError) -> Record {
        let start = position
        let fields: RecordFields
        do { fields = try RecordFields(&reader) } catch { throw malformed(RecordFault(error)) }
        guard fields.offsetDelta > lastDelta, fields.offsetDelta <= header.lastOffsetDelta else {
            throw malformed(.offsetOutOfOrder)
        }
        lastDelta = fields.offsetDelta
        func slice(_ from: Int, _ count: Int) -> SharedBytes? {
            count < 0 ? nil : unpacked[start + from..<start + from + count]
        }
        return Record(
            offset: header.baseOffset + Int64(fields.offsetDelta),
            timestamp: try timestamp(fields.timestampDelta),
            key: slice(fields.keyStart, fields.keyCount),
            value: slice(fields.valueStart, fields.valueCount),
            headers: fields.headerCount == 0 ? [] : try headers(fields, at: start),
            sizeInBytes: fields.sizeInBytes)
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

    private func headers(
        _ fields: RecordFields, at start: Int
    ) throws(RecordBatchError) -> [RecordHeader] {
        var reader = ByteReader(unpacked.suffix(from: start + fields.headersStart))
        var headers: [RecordHeader] = []
        headers.reserveCapacity(fields.headerCount)
        do {
            for _ in 0..<fields.headerCount {
                let key = try reader.bytes(Int(try reader.varint()))
                let count = Int(try reader.varint())
                headers.append(
                    RecordHeader(key: key, value: count < 0 ? nil : try reader.bytes(count)))
            }
        } catch {
            throw malformed(RecordFault(error))
        }
        return headers
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
