internal import Bytes

/// MurmurHash2, 32 bits, with the seed Kafka's producers use: which partition a key belongs to must be the
/// same from every client.
enum Murmur2 {
    private static let seed: UInt32 = 0x9747_b28c
    private static let multiplier: UInt32 = 0x5bd1_e995

    static func hash(_ key: SharedBytes) -> UInt32 {
        var hash = seed ^ UInt32(truncatingIfNeeded: key.count)
        let wholeWords = key.count / 4
        for word in 0..<wholeWords {
            let bigEndian: UInt32 = key.integer(at: word * 4)
            var mixed = bigEndian.byteSwapped &* multiplier
            mixed ^= mixed >> 24
            hash = (hash &* multiplier) ^ (mixed &* multiplier)
        }
        let tail = wholeWords * 4
        let left = key.count - tail
        if left > 2 { hash ^= UInt32(key[tail + 2]) << 16 }
        if left > 1 { hash ^= UInt32(key[tail + 1]) << 8 }
        if left > 0 {
            hash ^= UInt32(key[tail])
            hash = hash &* multiplier
        }
        hash ^= hash >> 13
        hash = hash &* multiplier
        return hash ^ (hash >> 15)
    }

    /// The partition of `key` among `count`.
    static func partition(of key: SharedBytes, among count: Int) -> Int32 {
        precondition(count > 0, "a topic has partitions")
        return Int32(Int(hash(key) & 0x7fff_ffff) % count)
    }
}
