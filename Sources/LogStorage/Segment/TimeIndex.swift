internal import Bytes
internal import Model
internal import Ports

/// `.timeindex`: no record up to and including an entry's offset has a timestamp above the entry's.
/// An entry is a timestamp (int64) and an offset relative to the segment's base (int32); both
/// ascend.
struct TimeIndex {
    struct Entry: Hashable {
        let timestamp: Timestamp
        let offset: Offset

        /// Room that was reserved and not used reads as an entry of zeros.
        func isPadding(after base: Offset) -> Bool { offset == base && timestamp.rawValue == 0 }
    }

    static let entrySize = 12

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

    /// Whether another entry would exceed `segment.index.bytes`. One place is kept for the entry
    /// that closes the segment.
    func isFull(limit: Int) -> Bool { count >= limit / Self.entrySize - 1 }

    /// The last entry at or below `timestamp`.
    mutating func floor(_ timestamp: Timestamp) throws(LogError) -> Entry? {
        guard let last else { return nil }
        if timestamp >= last.timestamp { return last }
        if let first = pending.first, first.timestamp <= timestamp {
            return pending[pending.firstIndexAfter { $0.timestamp > timestamp } - 1]
        }
        let base = baseOffset
        return try store.lastEntry { Self.decode($0, $1, base).timestamp > timestamp }
            .map { Self.decode($0.block, $0.at, base) }
    }

    private mutating func entry(before index: Int) throws(LogError) -> Entry? {
        guard index > 0 else { return nil }
        return Self.decode(try store.read(index - 1..<index), 0, baseOffset)
    }

    private static func decode(_ bytes: SharedBytes, _ at: Int, _ base: Offset) -> Entry {
        Entry(
            timestamp: Timestamp(bytes.integer(at: at, as: Int64.self)),
            offset: base + Int64(bytes.integer(at: at + 8, as: Int32.self)))
    }

    /// Notes the largest timestamp so far and its offset. One that is not above the last entry's
    /// says nothing new and is left out.
    mutating func append(_ timestamp: Timestamp, offset: Offset) {
        guard timestamp > Timestamp(0) else { return }
        guard offset - baseOffset <= Int64(Int32.max), offset >= baseOffset else { return }
        if let last, timestamp <= last.timestamp || offset < last.offset { return }
        let entry = Entry(timestamp: timestamp, offset: offset)
        pending.append(entry)
        last = entry
    }

    /// Writes what waits in memory.
    mutating func write() throws(LogError) {
        guard !pending.isEmpty else { return }
        var writer = ByteWriter(capacity: pending.count * Self.entrySize)
        for entry in pending {
            writer.int64(entry.timestamp.rawValue)
            writer.int32(Int32(truncatingIfNeeded: entry.offset - baseOffset))
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
        if let newest, newest.isPadding(after: baseOffset) || newest.offset < baseOffset {
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
            guard entry.timestamp > previous?.timestamp ?? .none,
                entry.offset >= previous?.offset ?? baseOffset
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
