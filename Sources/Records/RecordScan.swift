internal import Bytes
internal import Model

/// One pass over the unpacked records of a producer's batch. Takes no memory unless a record is
/// refused.
struct RecordScan {
    private(set) var maxTimestamp = Timestamp.none
    private(set) var maxTimestampOffsetDelta: Int32 = 0
    private(set) var rejections: [RecordRejection] = []

    private let header: RecordBatchHeader
    private let isCompacted: Bool
    /// Nil where records carry the leader's time.
    private let allowed: ClosedRange<Timestamp>?

    init(_ header: RecordBatchHeader, rules: BatchRules, now: Timestamp) {
        self.header = header
        isCompacted = rules.isCompacted
        switch rules.timestampType {
        case .logAppendTime: allowed = nil
        case .createTime:
            let before = max(rules.timestampBeforeMax.inMilliseconds, 0)
            let after = max(rules.timestampAfterMax.inMilliseconds, 0)
            let (low, underflow) = now.rawValue.subtractingReportingOverflow(before)
            let (high, overflow) = now.rawValue.addingReportingOverflow(after)
            allowed = Timestamp(underflow ? .min : low)...Timestamp(overflow ? .max : high)
        }
    }

    /// Checks every record: lengths, attributes, offsets 0, 1, 2 …, and what the topic asks.
    ///
    /// Stops at the first record that is malformed, or when `BatchValidator.rejectionsMax` were
    /// refused.
    mutating func run(over records: SharedBytes) throws(RecordBatchError) {
        var reader = ByteReader(records)
        for index in 0..<header.recordCount {
            let fields: RecordFields
            do { fields = try RecordFields(&reader) } catch {
                throw .malformedRecord(index: Int(index), RecordFault(error))
            }
            guard fields.attributes == 0 else {
                throw .malformedRecord(index: Int(index), .unknownAttributes)
            }
            guard fields.offsetDelta == index else {
                throw .malformedRecord(index: Int(index), .offsetOutOfOrder)
            }
            let (time, overflow) = header.baseTimestamp.rawValue.addingReportingOverflow(
                fields.timestampDelta)
            if overflow { throw .malformedRecord(index: Int(index), .timestampOverflow) }
            if isCompacted, fields.keyCount < 0 { reject(index, .missingKey) }
            check(Timestamp(time), at: index)
            if rejections.count >= BatchValidator.rejectionsMax { return }
        }
        guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
    }

    @inline(__always)
    private mutating func check(_ time: Timestamp, at index: Int32) {
        if time > maxTimestamp {
            maxTimestamp = time
            maxTimestampOffsetDelta = index
        }
        if let allowed {
            // A record without a time is never too early or too late.
            if time != .none, !allowed.contains(time) {
                reject(index, .timestampOutOfRange(time, allowed: allowed))
            }
        } else if header.timestampType == .logAppendTime {
            reject(index, .appendTimeFromProducer)
        }
    }

    private mutating func reject(_ index: Int32, _ reason: RecordRejection.Reason) {
        // One reason per record, as in the answer to the producer.
        guard rejections.last?.index != index else { return }
        rejections.append(RecordRejection(index: index, reason: reason))
    }
}
