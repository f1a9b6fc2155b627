package import Compression
package import Model

/// Why a leader refuses a producer's payload.
package enum BatchRejection: Error, Hashable, Sendable {
    /// The payload is empty.
    case noBatch
    /// Something follows the batch; a Produce request carries one per partition.
    case moreThanOneBatch
    /// The bytes are not a batch, or its records are not what the header says.
    case malformed(RecordBatchError)
    /// The base offset is not 0: offsets are the leader's to give.
    case baseOffsetNotZero(Offset)
    /// No records, or a range of offsets that is not as long as the records are many.
    case inconsistentCount(records: Int32, lastOffsetDelta: Int32)
    /// Attribute bits that no producer sets: a delete horizon, or bits that are not assigned.
    case unknownAttributes(Int16)
    /// Control records are the brokers' to write.
    case controlBatch
    /// A producer id without an epoch or without a sequence number.
    case incompleteProducer(epoch: Int16, sequence: Int32)
    /// zstd in a request whose version does not know it.
    case zstdNotAllowed
    /// Larger than the topic allows, as it came or as it would be kept.
    case tooLarge(size: Int, max: Int)
    /// Records that the topic refuses, the first `BatchValidator.rejectionsMax` of them.
    case invalidRecords([RecordRejection])
    /// The topic's codec could not pack the records.
    case cannotRepack(CompressionError)

    /// What the producer is told.
    package var errorCode: ErrorCode {
        switch self {
        case .noBatch, .moreThanOneBatch, .baseOffsetNotZero, .inconsistentCount,
            .unknownAttributes, .controlBatch, .incompleteProducer:
            .invalidRecord
        case .zstdNotAllowed: .unsupportedCompressionType
        case .tooLarge: .messageTooLarge
        case .invalidRecords(let records):
            records.contains(where: \.isAboutTime) ? .invalidTimestamp : .invalidRecord
        case .cannotRepack: .unknownServerError
        case .malformed(let error): error.errorCodeForProducer
        }
    }

    /// The records at fault, for the per-record part of the answer (Produce v8, KIP-467).
    package var recordRejections: [RecordRejection] {
        guard case .invalidRecords(let records) = self else { return [] }
        return records
    }

    /// What is wrong, in words for the `ErrorMessage` of the answer.
    package var message: String {
        switch self {
        case .noBatch: "the request holds no record batch for the partition"
        case .moreThanOneBatch: "the request holds more than one record batch for the partition"
        case .malformed(let error): "not a valid record batch: \(error)"
        case .baseOffsetNotZero(let offset): "the base offset is \(offset.rawValue) and not 0"
        case .inconsistentCount(let records, let delta):
            "the batch says \(records) records and a last offset delta of \(delta)"
        case .unknownAttributes(let bits): "attributes \(bits) are not a producer's"
        case .controlBatch: "clients may not write control records"
        case .incompleteProducer(let epoch, let sequence):
            "a producer id with epoch \(epoch) and sequence \(sequence)"
        case .zstdNotAllowed: "zstd needs Produce version 7 or later"
        case .tooLarge(let size, let max): "a batch of \(size) bytes where \(max) are allowed"
        case .invalidRecords(let records):
            "\(records.count) or more records were refused, first: \(records.first?.message ?? "")"
        case .cannotRepack(let error): "the records could not be repacked: \(error)"
        }
    }
}

extension RecordBatchError {
    /// What a producer is told whose batch has this error.
    fileprivate var errorCodeForProducer: ErrorCode {
        switch self {
        case .crcMismatch, .tooSmall: .corruptMessage
        case .unknownCodec: .unsupportedCompressionType
        case .compression(let error):
            switch error {
            case .corrupt, .truncated: .corruptMessage
            // A Java producer answers this by splitting the batch, which is what helps.
            case .limitExceeded: .messageTooLarge
            case .invalidLevel, .libraryFailed: .unknownServerError
            }
        case .truncated, .unsupportedMagic, .invalidOffsets, .invalidRecordCount, .malformedRecord,
            .trailingBytes, .malformedControlRecord:
            .invalidRecord
        }
    }
}
