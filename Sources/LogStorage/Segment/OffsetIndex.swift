internal import Bytes
internal import Model

/// `.index`: for every few KiB of log, where a batch begins.
typealias OffsetIndex = SparseIndex<OffsetIndexEntry>

/// A batch's last offset, relative to the segment's base (int32), and its position (int32); both ascend.
struct OffsetIndexEntry: IndexEntry {
    static let size = 8

    let offset: Offset
    let position: Int

    init(offset: Offset, position: Int) {
        self.offset = offset
        self.position = position
    }

    init(_ bytes: SharedBytes, at: Int, base: Offset) {
        offset = base + Int64(bytes.integer(at: at, as: Int32.self))
        position = Int(bytes.integer(at: at + 4, as: Int32.self))
    }

    func encode(to writer: inout ByteWriter, base: Offset) {
        writer.int32(Int32(truncatingIfNeeded: offset - base))
        writer.int32(Int32(truncatingIfNeeded: position))
    }

    func isPadding(after base: Offset) -> Bool { offset == base && position == 0 }

    func isPlausibleEnd(after base: Offset) -> Bool { position > 0 && offset >= base }

    func ascends(from previous: Self?, base: Offset) -> Bool {
        position > previous?.position ?? -1 && offset > previous?.offset ?? (base - 1)
    }
}

extension SparseIndex<OffsetIndexEntry> {
    /// Whether another entry would exceed `segment.index.bytes`.
    func isFull(limit: Int) -> Bool { count >= limit / Self.entrySize }

    /// The last entry at or below `offset`.
    mutating func floor(offset: Offset) throws(LogError) -> Entry? {
        try last { $0.offset > offset }
    }

    /// The last entry whose batch begins at or below `position`.
    mutating func floor(position: Int) throws(LogError) -> Entry? {
        try last { $0.position > position }
    }

    /// Notes that a batch ending at `offset` begins at `position`. An entry that does not ascend,
    /// or does not fit its fields, is left out: an index may be sparse.
    mutating func append(offset: Offset, position: Int) {
        guard offset - baseOffset <= Int64(Int32.max), position <= Int(Int32.max) else { return }
        if let last, offset <= last.offset || position <= last.position { return }
        append(OffsetIndexEntry(offset: offset, position: position))
    }
}
