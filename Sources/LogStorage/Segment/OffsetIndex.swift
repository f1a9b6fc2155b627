internal import Bytes
internal import Model
internal import Ports

/// `.index`: for every few KiB of log, where a batch begins. An entry is the batch's last offset,
/// relative to the segment's base (int32), and its position (int32); both ascend.
///
/// The newest entries wait in memory and go to the file in blocks, so that an append costs no write
/// of its own and memory does not grow with the segment.
struct OffsetIndex {
    struct Entry: Hashable {
        let offset: Offset
        let position: Int

        /// Room that was reserved and not used reads as an entry of zeros.
        func isPadding(after base: Offset) -> Bool { offset == base && position == 0 }
    }

    static let entrySize = 8

    let baseOffset: Offset
    private(set) var store: IndexStore
    private var pending: [Entry] = []
    /// The newest entry.
    private(set) var last: Entry?

    init(baseOffset: Offset, path: String, on fileSystem: any FileSystem) {
        self.baseOffset = baseOffset
        store = IndexStore(fileSystem: fileSystem, path: path, entrySize: Self.entrySize)
    }

    var count: Int { store.count + pending.count }
    var pendingCount: Int { pending.count }
    /// The oldest entry that is in no file yet.
    var firstPending: Entry? { pending.first }

    /// Whether another entry would exceed `segment.index.bytes`.
    func isFull(limit: Int) -> Bool { count >= limit / Self.entrySize }

    // MARK: Reading

    /// The last entry at or below `offset`.
    mutating func floor(offset: Offset) throws(LogError) -> Entry? {
        guard let last else { return nil }
        if offset >= last.offset { return last }
        if let first = pending.first, first.offset <= offset {
            return pending[pending.firstIndexAfter { $0.offset > offset } - 1]
        }
        let base = baseOffset
        return try store.lastEntry { Self.decode($0, $1, base).offset > offset }
            .map { Self.decode($0.block, $0.at, base) }
    }

    /// The last entry whose batch begins at or below `position`.
    mutating func floor(position: Int) throws(LogError) -> Entry? {
        guard let last else { return nil }
        if position >= last.position { return last }
        if let first = pending.first, first.position <= position {
            return pending[pending.firstIndexAfter { $0.position > position } - 1]
        }
        let base = baseOffset
        return try store.lastEntry { Self.decode($0, $1, base).position > position }
            .map { Self.decode($0.block, $0.at, base) }
    }

    private mutating func entry(before index: Int) throws(LogError) -> Entry? {
        guard index > 0 else { return nil }
        return Self.decode(try store.read(index - 1..<index), 0, baseOffset)
    }

    private static func decode(_ bytes: SharedBytes, _ at: Int, _ base: Offset) -> Entry {
        Entry(
            offset: base + Int64(bytes.integer(at: at, as: Int32.self)),
            position: Int(bytes.integer(at: at + 4, as: Int32.self)))
    }

    // MARK: Writing

    /// Notes that a batch ending at `offset` begins at `position`. An entry that does not ascend,
    /// or does not fit its fields, is left out: an index may be sparse.
    mutating func append(offset: Offset, position: Int) {
        guard offset - baseOffset <= Int64(Int32.max), position <= Int(Int32.max) else { return }
        if let last, offset <= last.offset || position <= last.position { return }
        let entry = Entry(offset: offset, position: position)
        pending.append(entry)
        last = entry
    }

    /// Writes what waits in memory.
    mutating func write() throws(LogError) {
        guard !pending.isEmpty else { return }
        var writer = ByteWriter(capacity: pending.count * Self.entrySize)
        for entry in pending {
            writer.int32(Int32(truncatingIfNeeded: entry.offset - baseOffset))
            writer.int32(Int32(truncatingIfNeeded: entry.position))
        }
        try store.append(writer.finish())
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes what waits in memory, and lets go of the file: gives it back to be synced.
    mutating func writeForSync() throws(LogError) -> any File {
        try write()
        defer { store.release() }
        return try store.opened(.create)
    }

    /// Writes everything and cuts the file to it: the segment was closed.
    mutating func seal() throws(LogError) -> any File {
        try write()
        try store.trim(isDurable: false)
        pending = []
        return try store.opened(.create)
    }

    /// Forgets entries at or above `offset`, durably where they had reached the file.
    mutating func truncate(to offset: Offset) throws(LogError) {
        while let entry = pending.last, entry.offset >= offset { pending.removeLast() }
        if pending.isEmpty {
            let base = baseOffset
            let kept = try store.partitionPoint { Self.decode($0, $1, base).offset >= offset }
            if kept < store.count {
                store.keep(kept)
                try store.trim(isDurable: true)
            }
        }
        if let newest = pending.last {
            last = newest
        } else {
            last = try entry(before: store.count)
        }
    }

    /// Forgets everything, to be rebuilt from the log; durably, so that nothing of it comes back
    /// behind new entries.
    mutating func removeAll() throws(LogError) {
        pending = []
        last = nil
        guard store.count > 0 else { return }
        store.keep(0)
        try store.trim(isDurable: true)
    }

    /// Takes a file that was just written at the word of its writer.
    mutating func adopt(count: Int, last: Entry?) {
        store.adopt(count)
        self.last = last
    }

    /// Lets go of the file's descriptor.
    mutating func release() { store.release() }

    // MARK: Opening

    /// All entries of the file, as they are there. Throws `corruptFile` or `.file`.
    mutating func entriesOnDisk() throws(LogError) -> [Entry] {
        let room = try store.load()
        let bytes = try store.read(0..<room)
        return (0..<room).map { Self.decode(bytes, $0 * Self.entrySize, baseOffset) }
    }

    /// Takes the file as it is. Only its size and its last entry are looked at: for closed
    /// segments. A tail of zeros, which Kafka leaves when it is killed, does not count. Throws
    /// `corruptFile` or `.file`.
    mutating func load() throws(LogError) {
        let room = try store.load()
        let newest = try entry(before: room)
        if let newest, newest.position <= 0 || newest.offset < baseOffset {
            return try loadChecked()
        }
        last = newest
    }

    /// The same with every entry checked to ascend: for segments that were open when the process
    /// died.
    mutating func loadChecked() throws(LogError) {
        let room = try store.load()
        let bytes = try store.read(0..<room)
        var previous: Entry?
        var kept = 0
        while kept < room {
            let entry = Self.decode(bytes, kept * Self.entrySize, baseOffset)
            if entry.isPadding(after: baseOffset) { break }
            guard entry.position > previous?.position ?? -1,
                entry.offset > previous?.offset ?? (baseOffset - 1)
            else { break }
            previous = entry
            kept += 1
        }
        guard bytes.isZero(from: kept * Self.entrySize) else {
            throw .corruptFile(path: store.path, reason: "entries that do not ascend")
        }
        store.keep(kept)
        last = previous
    }
}

extension SharedBytes {
    /// Whether nothing but zeros follows from `start` on.
    func isZero(from start: Int) -> Bool {
        var index = start
        while index + 8 <= count {
            if integer(at: index, as: UInt64.self) != 0 { return false }
            index += 8
        }
        while index < count {
            if self[index] != 0 { return false }
            index += 1
        }
        return true
    }
}

extension Array {
    /// The first index whose element satisfies a condition that, once true, stays true.
    func firstIndexAfter(_ isAfter: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
