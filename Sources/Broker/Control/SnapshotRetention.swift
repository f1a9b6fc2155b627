internal import Model

/// Which snapshots of the metadata may go (raft.md §7): the oldest ones while log and snapshots together are
/// too large, and those that are too old; never the newest.
struct SnapshotRetention {
    /// A snapshot on disk.
    struct Snapshot: Hashable {
        let id: OffsetAndEpoch
        let bytes: Int64
        /// When its last record was written.
        let timestamp: Timestamp
    }

    /// `metadata.max.retention.bytes`; nil for no limit.
    let bytesMax: Int64?
    /// `metadata.max.retention.ms`; nil for no limit.
    let age: Duration?

    /// How many of the oldest `snapshots` may go.
    ///
    /// - Parameters:
    ///   - snapshots: oldest first
    ///   - logBytes: size of the metadata log that a node would keep with the oldest snapshot at that index
    func removable(
        of snapshots: [Snapshot], now: Timestamp, logBytes: (Int) -> Int64
    ) -> Int {
        guard snapshots.count > 1 else { return 0 }
        var count = 0
        var size = snapshots.reduce(0) { $0 + $1.bytes }
        while count < snapshots.count - 1 {
            let oldest = snapshots[count]
            let isTooLarge = bytesMax.map { size + logBytes(count) > $0 } ?? false
            let isTooOld = age.map { now.rawValue - oldest.timestamp.rawValue > $0.inMilliseconds }
            guard isTooLarge || isTooOld ?? false else { break }
            size -= oldest.bytes
            count += 1
        }
        return count
    }
}
