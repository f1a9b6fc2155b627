package import Bytes
internal import Compression
package import Model

/// What a leader does with the bytes that a producer sent for one partition, before it appends
/// them.
///
/// The order of the checks is Kafka's, so that a payload with two faults is answered with the
/// same code: one batch, magic, zstd; base offset, size, checksum; counts, control, producer;
/// then the records. A batch that may stay as it is packed is checked without memory per record
/// and stamped where it lies. Records of packed batches are checked too: consumers would
/// otherwise be the first to find out.
package enum BatchValidator {
    /// Records whose faults are listed one by one; a batch may hold many more.
    package static let rejectionsMax = 100

    /// Checks `payload`, the records of one partition in a Produce request, and makes it ready to
    /// append.
    ///
    /// The caller must be the only user of the bytes: timestamps and checksum are written in place.
    ///
    /// - Parameter now: the leader's clock, for the allowed range of times and for append times.
    package static func validate(
        _ payload: SharedBytes, rules: BatchRules, now: Timestamp
    ) throws(BatchRejection) -> ValidatedBatch {
        let batch = try onlyBatch(in: payload, rules: rules)
        try checkHeader(batch.header)
        let records: SharedBytes
        var scan = RecordScan(batch.header, rules: rules, now: now)
        do {
            records = try batch.unpacked(limit: rules.unpackedMax)
            try scan.run(over: records)
        } catch {
            throw .malformed(error)
        }
        guard scan.rejections.isEmpty else { throw .invalidRecords(scan.rejections) }

        var kept = try repacked(batch, records: records, rules: rules)
        let isAppendTime = rules.timestampType == .logAppendTime
        let maxTimestamp = isAppendTime ? now : scan.maxTimestamp
        kept.stamp(timestampType: rules.timestampType, maxTimestamp: maxTimestamp)
        return ValidatedBatch(
            batch: kept, maxTimestamp: maxTimestamp,
            maxTimestampOffsetDelta: isAppendTime ? 0 : scan.maxTimestampOffsetDelta,
            unpackedBytes: batch.compression == .none ? 0 : records.count,
            isRepacked: kept.compression != batch.compression)
    }

    private static func onlyBatch(
        in payload: SharedBytes, rules: BatchRules
    ) throws(BatchRejection) -> RecordBatchView {
        guard !payload.isEmpty else { throw .noBatch }
        let batch: RecordBatchView
        do { batch = try RecordBatchView(payload) } catch {
            throw .malformed(damage(to: payload, behind: error))
        }
        if batch.compression == .zstd, !rules.isZstdAllowed { throw .zstdNotAllowed }
        guard batch.sizeInBytes == payload.count else { throw .moreThanOneBatch }
        guard batch.baseOffset == .zero else { throw .baseOffsetNotZero(batch.baseOffset) }
        guard batch.sizeInBytes <= rules.sizeMax else {
            throw .tooLarge(size: batch.sizeInBytes, max: rules.sizeMax)
        }
        do { try batch.checkCRC() } catch { throw .malformed(error) }
        return batch
    }

    /// A header with an odd value under a wrong checksum was damaged on its way, which a producer
    /// cures by sending it again; under a right one it was made so.
    private static func damage(
        to payload: SharedBytes, behind error: RecordBatchError
    ) -> RecordBatchError {
        switch error {
        case .unknownCodec, .invalidOffsets, .invalidRecordCount:
            let stored: UInt32 = payload.integer(at: RecordBatchHeader.At.crc)
            let length: Int32 = payload.integer(at: RecordBatchHeader.At.batchLength)
            let size = Int(length) + RecordBatchHeader.lengthPrefix
            guard size <= payload.count else { return error }
            let computed = payload.crc32c(RecordBatchHeader.At.attributes..<size)
            return stored == computed ? error : .crcMismatch(stored: stored, computed: computed)
        case .truncated, .tooSmall, .unsupportedMagic, .crcMismatch, .malformedRecord,
            .trailingBytes, .compression, .malformedControlRecord:
            return error
        }
    }

    private static func checkHeader(_ header: RecordBatchHeader) throws(BatchRejection) {
        guard header.recordCount > 0, header.recordCount - 1 == header.lastOffsetDelta else {
            throw .inconsistentCount(
                records: header.recordCount, lastOffsetDelta: header.lastOffsetDelta)
        }
        guard !header.isControl else { throw .controlBatch }
        guard !header.attributes.hasBitsOnlyBrokersSet else {
            throw .unknownAttributes(header.attributes.rawValue)
        }
        if header.hasProducerID, header.baseSequence < 0 || header.producerEpoch < 0 {
            throw .incompleteProducer(
                epoch: header.producerEpoch, sequence: header.baseSequence)
        }
    }

    /// The batch in the topic's codec: itself if it is in that already.
    private static func repacked(
        _ batch: RecordBatchView, records: SharedBytes, rules: BatchRules
    ) throws(BatchRejection) -> RecordBatchView {
        guard case .repacked(let codec, let level) = rules.packing, codec != batch.compression
        else {
            return batch
        }
        var header = batch.header
        header.attributes.set(codec)
        let payload: SharedBytes
        do { payload = try codec.compress(records, level: level) } catch {
            throw .cannotRepack(error)
        }
        let size = RecordBatchHeader.size + payload.count
        guard size <= rules.sizeMax else { throw .tooLarge(size: size, max: rules.sizeMax) }
        // The records do not depend on the codec, so only the header and the packing are new.
        do { return try RecordBatchView(header.batch(with: payload)) } catch {
            preconditionFailure("a batch with a checked header is one")
        }
    }
}

extension RecordBatchAttributes {
    /// A delete horizon, or a bit that is not assigned.
    fileprivate var hasBitsOnlyBrokersSet: Bool { rawValue & ~0b11_1111 != 0 }

    fileprivate mutating func set(_ codec: CompressionCodec) {
        rawValue = rawValue & ~7 | Int16(codec.rawValue)
    }
}
