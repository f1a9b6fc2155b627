internal import Bytes

/// 128 bits that stand for a record's key while a log is compacted: SipHash-2-4 with the long output
/// (Aumasson and Bernstein, 2012), under a secret of the cleaning.
///
/// Two keys with one fingerprint would make compaction drop the older record of another key. Kafka relies on
/// MD5 for that; here a client that knows the function still does not know the secret.
struct KeyFingerprint: Hashable {
    let low: UInt64
    let high: UInt64

    /// What makes fingerprints of one cleaning different from those of another.
    struct Secret: Sendable {
        let first: UInt64
        let second: UInt64
    }

    init(of key: SharedBytes, _ secret: Secret) {
        var state = State(secret)
        let count = key.count
        var index = 0
        while index + 8 <= count {
            state.absorb(key.integer(at: index, as: UInt64.self).byteSwapped)
            index += 8
        }
        var last = UInt64(truncatingIfNeeded: count & 0xff) << 56
        var shift: UInt64 = 0
        while index < count {
            last |= UInt64(key[index]) << shift
            shift += 8
            index += 1
        }
        state.absorb(last)
        (low, high) = state.finish()
    }

    private struct State {
        private var v0: UInt64
        private var v1: UInt64
        private var v2: UInt64
        private var v3: UInt64

        init(_ secret: Secret) {
            v0 = 0x736f_6d65_7073_6575 ^ secret.first
            v1 = 0x646f_7261_6e64_6f6d ^ secret.second ^ 0xee
            v2 = 0x6c79_6765_6e65_7261 ^ secret.first
            v3 = 0x7465_6462_7974_6573 ^ secret.second
        }

        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        mutating func finish() -> (UInt64, UInt64) {
            v2 ^= 0xee
            for _ in 0..<4 { round() }
            let low = v0 ^ v1 ^ v2 ^ v3
            v1 ^= 0xdd
            for _ in 0..<4 { round() }
            return (low, v0 ^ v1 ^ v2 ^ v3)
        }

        private mutating func round() {
            v0 &+= v1
            v1 = Self.turned(v1, 13) ^ v0
            v0 = Self.turned(v0, 32)
            v2 &+= v3
            v3 = Self.turned(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.turned(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.turned(v1, 17) ^ v2
            v2 = Self.turned(v2, 32)
        }

        private static func turned(_ word: UInt64, _ count: UInt64) -> UInt64 {
            word << count | word >> (64 - count)
        }
    }
}
