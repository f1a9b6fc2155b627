package import Model

/// Why one record of a batch was refused (KIP-467). The whole batch is refused with it.
package struct RecordRejection: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The topic is compacted, which goes by keys.
        case missingKey
        /// Its time is too far from the leader's clock.
        case timestampOutOfRange(Timestamp, allowed: ClosedRange<Timestamp>)
        /// The producer claims the leader's clock.
        case appendTimeFromProducer
    }

    /// Which record, counted from 0.
    package let index: Int32
    package let reason: Reason

    /// What the producer is told about the record.
    package var message: String {
        switch reason {
        case .missingKey:
            "the topic is compacted, so each record needs a key"
        case .timestampOutOfRange(let time, let allowed):
            "timestamp \(time.rawValue) is not within [\(allowed.lowerBound.rawValue), "
                + "\(allowed.upperBound.rawValue)]"
        case .appendTimeFromProducer:
            "a producer may not set the timestamp type to LogAppendTime"
        }
    }

    /// The record's share in the error code of the batch.
    package var isAboutTime: Bool {
        switch reason {
        case .missingKey: false
        case .timestampOutOfRange, .appendTimeFromProducer: true
        }
    }
}
