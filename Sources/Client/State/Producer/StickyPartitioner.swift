internal import Model

/// Chooses partitions for records without a key: one partition until a batch's worth has gone there, then
/// another at random (KIP-480, KIP-794 without its weighing by queue length). Batches fill better than
/// when records are dealt out one by one.
struct StickyPartitioner: Sendable {
    private var current: Int32?
    private var bytesOnCurrent = 0
    private let stickyBytes: Int

    init(stickyBytes: Int) { self.stickyBytes = max(stickyBytes, 1) }

    /// The partition for a record of `size` bytes. `available` are partitions with a leader, ascending; if
    /// there are none, all `count` are eligible.
    mutating func partition(
        forRecordOf size: Int, available: [Int32], count: Int, using random: inout PRNG
    ) -> Int32 {
        precondition(count > 0, "a topic has partitions")
        if let current, bytesOnCurrent < stickyBytes {
            bytesOnCurrent += size
            return current
        }
        let chosen = choose(available: available, count: count, using: &random)
        current = chosen
        bytesOnCurrent = size
        return chosen
    }

    /// Forgets the choice: the partition's leader is gone or the partitions changed.
    mutating func moveOn() { current = nil }

    private func choose(available: [Int32], count: Int, using random: inout PRNG) -> Int32 {
        switch available.count {
        case 0: return Int32(random.below(count))
        case 1: return available[0]
        default:
            // Not the same again: two batches in a row on one partition would wait for each other.
            let chosen = available[random.below(available.count)]
            guard chosen == current else { return chosen }
            let others = available.filter { $0 != current }
            return others[random.below(others.count)]
        }
    }
}
