internal import Bytes
internal import Model
internal import Records

/// One batch of a log, by what tells it from all others.
struct BatchPrint: Hashable {
    let baseOffset: Offset
    let nextOffset: Offset
    let leaderEpoch: LeaderEpoch
    let size: Int
    /// Of all its bytes, header included.
    let checksum: UInt32

    init(_ batch: RecordBatchView) {
        baseOffset = batch.baseOffset
        // A damaged batch may say of itself that it reaches anywhere.
        nextOffset = batch.isCRCValid() ? batch.nextOffset : batch.baseOffset.next
        leaderEpoch = batch.partitionLeaderEpoch
        size = batch.sizeInBytes
        checksum = batch.bytes.crc32c(0..<batch.sizeInBytes)
    }

    var description: String {
        "[\(baseOffset.rawValue), \(nextOffset.rawValue)) epoch \(leaderEpoch.rawValue) "
            + String(checksum, radix: 16)
    }
}
