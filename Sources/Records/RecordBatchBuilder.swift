package import Bytes
package import Compression
package import Model

/// Writes one batch: for producers, coordinators, the metadata quorum and compaction.
///
/// Records go straight into the bytes that become the batch; only packing takes a second block.
/// Offsets rise; without gaps unless the caller places records itself, as compaction does.
package struct RecordBatchBuilder: ~Copyable {
    /// What the header says that does not come from the records.
    package struct Options: Sendable {
        package var baseOffset = Offset.zero
        package var partitionLeaderEpoch = LeaderEpoch.none
        package var compression = CompressionCodec.none
        /// Nil for the codec's default.
        package var level: Int?
        package var timestampType = TimestampType.createTime
        package var isTransactional = false
        package var isControl = false
        package var producerID = ProducerID.none
        package var producerEpoch: Int16 = -1
        package var baseSequence: Int32 = -1
        /// Set by compaction: when tombstones or markers may go (KIP-534).
        package var deleteHorizon: Timestamp?
        /// The largest timestamp, where it is not that of the records: with append time.
        package var maxTimestamp: Timestamp?

        package init() {}
    }

    /// What the header will say.
    package let options: Options
    /// Records so far.
    package private(set) var recordCount: Int32 = 0

    private var writer: ByteWriter
    private var lastOffsetDelta: Int32 = -1
    private var baseTimestamp: Timestamp?
    private var maxTimestamp = Timestamp.none

    /// An empty batch with room for `capacity` bytes before it must grow.
    package init(_ options: Options = Options(), capacity: Int = 1024) {
        self.options = options
        writer = ByteWriter(capacity: capacity)
        writer.zeros(RecordBatchHeader.size)
        baseTimestamp = options.deleteHorizon
    }

    /// Bytes of the batch if it ended here and were not packed.
    package var sizeInBytes: Int { writer.count }
    package var isEmpty: Bool { recordCount == 0 }
    /// The offset that the next record gets.
    package var nextOffset: Offset { options.baseOffset + Int64(lastOffsetDelta) + 1 }

    /// Adds a record behind the last and answers its offset.
    @discardableResult
    package mutating func append(
        timestamp: Timestamp, key: SharedBytes?, value: SharedBytes?, headers: [RecordHeader] = []
    ) -> Offset {
        let offset = nextOffset
        append(
            Record(
                offset: offset, timestamp: timestamp, key: key, value: value, headers: headers))
        return offset
    }

    /// Adds a record at its own offset, which must lie behind the last.
    package mutating func append(_ record: Record) {
        let delta = record.offset - options.baseOffset
        precondition(delta > Int64(lastOffsetDelta), "offsets rise")
        precondition(delta <= Int64(Int32.max), "a batch spans less than 2^31 offsets")
        let base = baseTimestamp ?? record.timestamp
        baseTimestamp = base
        write(
            record, offsetDelta: Int32(delta),
            // Both come from an int64 on the wire; the sum wraps back to what it was when read.
            timestampDelta: record.timestamp.rawValue &- base.rawValue)
        lastOffsetDelta = Int32(delta)
        recordCount += 1
        maxTimestamp = max(maxTimestamp, record.timestamp)
    }

    /// Adds a control record; the batch must have been opened as a control batch.
    package mutating func append(
        control type: ControlRecordType, value: SharedBytes, timestamp: Timestamp
    ) {
        precondition(options.isControl, "control records go into control batches")
        append(timestamp: timestamp, key: ControlRecord.key(type), value: value)
    }

    /// The most that a record can add to a batch before packing.
    package static func sizeMax(
        key: SharedBytes?, value: SharedBytes?, headers: [RecordHeader]
    ) -> Int {
        let record = Record(
            offset: .zero, timestamp: .none, key: key, value: value, headers: headers)
        return bodySize(of: record, offsetDelta: .max, timestampDelta: .max) + 5
    }
}

extension RecordBatchBuilder {
    /// The batch. A library that cannot pack is the only thing that can go wrong.
    ///
    /// - Parameter lastOffset: where the batch ends if that is behind its last record, which is how
    ///   compaction keeps the range of a batch; it must be given for a batch without records.
    package consuming func finish(
        lastOffset: Offset? = nil
    ) throws(CompressionError) -> SharedBytes {
        let delta = lastOffset.map { $0 - options.baseOffset } ?? Int64(lastOffsetDelta)
        precondition(delta >= Int64(max(lastOffsetDelta, 0)), "a batch covers its records")
        precondition(delta <= Int64(Int32.max), "a batch spans less than 2^31 offsets")
        let isPacked = options.compression != .none && recordCount > 0
        let header = header(lastOffsetDelta: Int32(delta), isPacked: isPacked)
        let plain = writer.finish()
        guard isPacked else {
            header.stamp(on: plain)
            return plain
        }
        let payload = try header.compression.compress(
            plain.suffix(from: RecordBatchHeader.size), level: options.level)
        return header.batch(with: payload)
    }

    private func header(lastOffsetDelta: Int32, isPacked: Bool) -> RecordBatchHeader {
        RecordBatchHeader(
            baseOffset: options.baseOffset, partitionLeaderEpoch: options.partitionLeaderEpoch,
            attributes: RecordBatchAttributes(
                compression: isPacked ? options.compression : .none,
                timestampType: options.timestampType,
                isTransactional: options.isTransactional, isControl: options.isControl,
                hasDeleteHorizon: options.deleteHorizon != nil),
            lastOffsetDelta: lastOffsetDelta, baseTimestamp: baseTimestamp ?? .none,
            maxTimestamp: options.maxTimestamp ?? maxTimestamp, producerID: options.producerID,
            producerEpoch: options.producerEpoch, baseSequence: options.baseSequence,
            recordCount: recordCount)
    }

    private mutating func write(_ record: Record, offsetDelta: Int32, timestampDelta: Int64) {
        let body = Self.bodySize(
            of: record, offsetDelta: offsetDelta, timestampDelta: timestampDelta)
        precondition(writer.count + body < Int(Int32.max), "a batch is smaller than 2^31 bytes")
        writer.varint(Int32(body))
        writer.int8(0)
        writer.varlong(timestampDelta)
        writer.varint(offsetDelta)
        write(record.key)
        write(record.value)
        writer.varint(Int32(record.headerCount))
        writer.bytes(record.headerBytes)
    }

    private mutating func write(_ bytes: SharedBytes?) {
        guard let bytes else { return writer.varint(-1) }
        writer.varint(Int32(bytes.count))
        writer.bytes(bytes)
    }

    private static func bodySize(
        of record: Record, offsetDelta: Int32, timestampDelta: Int64
    ) -> Int {
        var size = 1 + ByteWriter.sizeOfVarlong(timestampDelta)
        size += ByteWriter.sizeOfVarint(offsetDelta)
        size += self.size(record.key) + self.size(record.value)
        size += ByteWriter.sizeOfVarint(Int32(record.headerCount)) + record.headerBytes.count
        return size
    }

    private static func size(_ bytes: SharedBytes?) -> Int {
        guard let bytes else { return 1 }
        return ByteWriter.sizeOfVarint(Int32(bytes.count)) + bytes.count
    }
}

extension RecordBatchBuilder {
    /// The batch of `header` without its records, as compaction leaves it: offsets, producer and time stay.
    package static func emptied(_ header: RecordBatchHeader) -> SharedBytes {
        RecordBatchHeader(
            baseOffset: header.baseOffset, partitionLeaderEpoch: header.partitionLeaderEpoch,
            attributes: RecordBatchAttributes(
                timestampType: header.timestampType, isTransactional: header.isTransactional,
                isControl: header.isControl),
            lastOffsetDelta: header.lastOffsetDelta, baseTimestamp: header.maxTimestamp,
            maxTimestamp: header.maxTimestamp, producerID: header.producerID,
            producerEpoch: header.producerEpoch, baseSequence: header.baseSequence, recordCount: 0
        ).batch(with: .empty)
    }

    /// A batch with one control record.
    package static func control(
        _ type: ControlRecordType, value: SharedBytes, timestamp: Timestamp,
        options: Options = Options()
    ) -> SharedBytes {
        var options = options
        options.isControl = true
        options.compression = .none
        var builder = RecordBatchBuilder(
            options, capacity: RecordBatchHeader.size + value.count + 32)
        builder.append(control: type, value: value, timestamp: timestamp)
        do { return try builder.finish() } catch { preconditionFailure("nothing was packed") }
    }

    /// The marker that ends a producer's transaction on a partition (KIP-98). It has no sequence.
    package static func endTransaction(
        _ marker: EndTransactionMarker, producerID: ProducerID, producerEpoch: Int16,
        timestamp: Timestamp
    ) -> SharedBytes {
        var options = Options()
        options.isTransactional = true
        options.producerID = producerID
        options.producerEpoch = producerEpoch
        return control(
            marker.type, value: marker.value, timestamp: timestamp, options: options)
    }
}
