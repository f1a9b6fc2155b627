internal import Bytes
internal import Model
internal import Records

/// Who writes, for brokers to tell duplicates (KIP-98).
struct ProducerIdentity: Hashable, Sendable {
    let id: ProducerID
    let epoch: Int16
}

/// A closed batch on its way: a class, because it moves between the queue, requests and back.
final class ProducerBatch {
    let bytes: SharedBytes
    let tokens: [UInt64]
    let recordCount: Int32
    /// What it takes of the producer's buffer.
    let bufferBytes: Int
    /// When its first record was given to the producer: what the delivery timeout counts from.
    let createdAt: Instant
    /// The number of its first record among all given to the producer: what a flush goes by.
    let firstAppend: UInt64

    /// Sequence number of the first record, and whose; nil until it is first sent.
    private(set) var sequence: (base: Int32, identity: ProducerIdentity)?
    var attempts = 0
    /// The request it is under way in; an answer to any other is late.
    var flight: UInt64?
    var lastFailure: String?

    init(
        bytes: SharedBytes, tokens: [UInt64], recordCount: Int32, bufferBytes: Int,
        createdAt: Instant, firstAppend: UInt64
    ) {
        self.bytes = bytes
        self.tokens = tokens
        self.recordCount = recordCount
        self.bufferBytes = bufferBytes
        self.createdAt = createdAt
        self.firstAppend = firstAppend
    }

    /// Numbers the batch. Requests hold a copy of the bytes, so writing here changes nothing under way.
    func number(from base: Int32, identity: ProducerIdentity) {
        sequence = (base, identity)
        bytes.overwrite(identity.id.rawValue, at: RecordBatchHeader.At.producerID)
        bytes.overwrite(identity.epoch, at: RecordBatchHeader.At.producerEpoch)
        bytes.overwrite(base, at: RecordBatchHeader.At.baseSequence)
        let crc = bytes.crc32c(RecordBatchHeader.At.attributes..<bytes.count)
        bytes.overwrite(crc, at: RecordBatchHeader.At.crc)
    }

    /// Takes the number back, so that the next sending gives it one of a new epoch.
    func unnumber() { sequence = nil }
}
