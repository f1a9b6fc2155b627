internal import Bytes
internal import Model

// Headers that are written rather than read. `sizeInBytes` and `crc` come from the bytes they end
// up on.

extension RecordBatchHeader {
    /// A header for records that are still to be packed and measured.
    init(
        baseOffset: Offset, partitionLeaderEpoch: LeaderEpoch, attributes: RecordBatchAttributes,
        lastOffsetDelta: Int32, baseTimestamp: Timestamp, maxTimestamp: Timestamp,
        producerID: ProducerID, producerEpoch: Int16, baseSequence: Int32, recordCount: Int32
    ) {
        self.baseOffset = baseOffset
        self.sizeInBytes = Self.size
        self.partitionLeaderEpoch = partitionLeaderEpoch
        self.crc = 0
        self.attributes = attributes
        self.lastOffsetDelta = lastOffsetDelta
        self.baseTimestamp = baseTimestamp
        self.maxTimestamp = maxTimestamp
        self.producerID = producerID
        self.producerEpoch = producerEpoch
        self.baseSequence = baseSequence
        self.recordCount = recordCount
    }

    /// Writes the header over the first 61 bytes of a batch of which `bytes` is the whole.
    func stamp(on bytes: SharedBytes) {
        precondition(bytes.count >= Self.size, "room for the header")
        precondition(bytes.count <= Int(Int32.max), "a batch is smaller than 2^31 bytes")
        bytes.overwrite(baseOffset.rawValue, at: At.baseOffset)
        bytes.overwrite(Int32(bytes.count - Self.lengthPrefix), at: At.batchLength)
        bytes.overwrite(partitionLeaderEpoch.rawValue, at: At.partitionLeaderEpoch)
        bytes.overwrite(magic, at: At.magic)
        bytes.overwrite(attributes.rawValue, at: At.attributes)
        bytes.overwrite(lastOffsetDelta, at: At.lastOffsetDelta)
        bytes.overwrite(baseTimestamp.rawValue, at: At.baseTimestamp)
        bytes.overwrite(maxTimestamp.rawValue, at: At.maxTimestamp)
        bytes.overwrite(producerID.rawValue, at: At.producerID)
        bytes.overwrite(producerEpoch, at: At.producerEpoch)
        bytes.overwrite(baseSequence, at: At.baseSequence)
        bytes.overwrite(recordCount, at: At.recordCount)
        bytes.overwrite(bytes.crc32c(At.attributes..<bytes.count), at: At.crc)
    }

    /// A batch of this header and a copy of `payload`.
    func batch(with payload: SharedBytes) -> SharedBytes {
        var writer = ByteWriter(capacity: Self.size + payload.count)
        writer.zeros(Self.size)
        writer.bytes(payload)
        let bytes = writer.finish()
        stamp(on: bytes)
        return bytes
    }
}
