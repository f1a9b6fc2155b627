internal import Bytes
internal import Model

/// Everything that happened, as one number: two runs of a seed must end with the same.
package struct Trace: Hashable, Sendable {
    package private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    /// Number of events.
    package private(set) var count = 0

    /// Four values rather than any number: an array for each event would cost more than the event.
    mutating func note(
        _ kind: Kind, _ a: UInt64, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0,
        at now: Instant
    ) {
        count += 1
        mix(UInt64(kind.rawValue))
        mix(UInt64(bitPattern: now.nanoseconds))
        mix(a)
        mix(b)
        mix(c)
        mix(d)
    }

    /// FNV-1a over whole words, with a turn so that high bits count.
    private mutating func mix(_ value: UInt64) {
        hash = (hash ^ value) &* 0x100_0000_01b3
        hash ^= hash >> 29
    }

    enum Kind: UInt8 {
        case turn, arrival, write, sync, directory, loss, fault
    }
}
