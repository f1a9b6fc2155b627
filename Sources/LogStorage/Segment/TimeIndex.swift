internal import Bytes
internal import Model

/// `.timeindex`: no record up to and including an entry's offset has a timestamp above the entry's.
typealias TimeIndex = SparseIndex<TimeIndexEntry>

/// A timestamp (int64) and an offset relative to the segment's base (int32); both ascend.
struct TimeIndexEntry: IndexEntry {
    static let size = 12

    let timestamp: Timestamp
    let offset: Offset

    init(timestamp: Timestamp, offset: Offset) {
        self.timestamp = timestamp
        self.offset = offset
    }

    init(_ bytes: SharedBytes, at: Int, base: Offset) {
        timestamp = Timestamp(bytes.integer(at: at, as: Int64.self))
        offset = base + Int64(bytes.integer(at: at + 8, as: Int32.self))
    }

    func encode(to writer: inout ByteWriter, base: Offset) {
        writer.int64(timestamp.rawValue)
        writer.int32(Int32(truncatingIfNeeded: offset - base))
    }

    func isPadding(after base: Offset) -> Bool { offset == base && timestamp.rawValue == 0 }

    func isPlausibleEnd(after base: Offset) -> Bool {
        !isPadding(after: base) && offset >= base
    }

    func ascends(from previous: Self?, base: Offset) -> Bool {
        timestamp > previous?.timestamp ?? .none && offset >= previous?.offset ?? base
    }
}

extension SparseIndex<TimeIndexEntry> {
    /// Whether another entry would exceed `segment.index.bytes`. One place is kept for the entry
    /// that closes the segment.
    func isFull(limit: Int) -> Bool { count >= limit / Self.entrySize - 1 }

    /// The last entry at or below `timestamp`.
    mutating func floor(_ timestamp: Timestamp) throws(LogError) -> Entry? {
        try last { $0.timestamp > timestamp }
    }

    /// Notes the largest timestamp so far and its offset. One that is not above the last entry's
    /// says nothing new and is left out.
    mutating func append(_ timestamp: Timestamp, offset: Offset) {
        guard timestamp > Timestamp(0) else { return }
        guard offset - baseOffset <= Int64(Int32.max), offset >= baseOffset else { return }
        if let last, timestamp <= last.timestamp || offset < last.offset { return }
        append(TimeIndexEntry(timestamp: timestamp, offset: offset))
    }
}
