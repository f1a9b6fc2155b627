internal import Bytes
internal import Model
internal import Ports

/// What an index of a segment says of one batch in every few KiB of log.
protocol IndexEntry: Hashable, Sendable {
    /// Bytes in the file.
    static var size: Int { get }
    var offset: Offset { get }

    /// Decodes the entry at a place of a block. Offsets in the file are relative to the segment's base.
    init(_ bytes: SharedBytes, at: Int, base: Offset)
    func encode(to writer: inout ByteWriter, base: Offset)

    /// Room that was reserved and not used reads as an entry of zeros.
    func isPadding(after base: Offset) -> Bool
    /// Whether it can be the last of a file that nobody had to mend.
    func isPlausibleEnd(after base: Offset) -> Bool
    /// Whether it may stand behind `previous`, or first if that is nil.
    func ascends(from previous: Self?, base: Offset) -> Bool
}

/// An index of a segment: entries that ascend.
///
/// The newest wait in memory and go to the file in blocks, so that an append costs no write of its own and memory does
/// not grow with the segment. `OffsetIndex` and `TimeIndex` are its two kinds.
struct SparseIndex<Element: IndexEntry> {
    typealias Entry = Element

    static var entrySize: Int { Element.size }

    let baseOffset: Offset
    private var store: IndexStore
    private var pending: [Element] = []
    /// The newest entry.
    private(set) var last: Element?

    init(baseOffset: Offset, path: String, on fileSystem: any FileSystem) {
        self.baseOffset = baseOffset
        store = IndexStore(fileSystem: fileSystem, path: path, entrySize: Element.size)
    }

    var count: Int { store.count + pending.count }
    var pendingCount: Int { pending.count }
    /// The oldest entry that is in no file yet.
    var firstPending: Element? { pending.first }

    // MARK: Reading

    /// The last entry of which `isAfter`, false before and true from there on, is false.
    mutating func last(notAfter isAfter: (Element) -> Bool) throws(LogError) -> Element? {
        guard let last else { return nil }
        if !isAfter(last) { return last }
        if let first = pending.first, !isAfter(first) {
            return pending[pending.firstIndexAfter(isAfter) - 1]
        }
        let base = baseOffset
        return try store.lastEntry { isAfter(Element($0, at: $1, base: base)) }
            .map { Element($0.block, at: $0.at, base: base) }
    }

    private mutating func entry(before index: Int) throws(LogError) -> Element? {
        guard index > 0 else { return nil }
        return Element(try store.read(index - 1..<index), at: 0, base: baseOffset)
    }

    // MARK: Writing

    /// Notes an entry above the last one.
    mutating func append(_ entry: Element) {
        pending.append(entry)
        last = entry
    }

    /// Writes what waits in memory.
    mutating func write() throws(LogError) {
        guard !pending.isEmpty else { return }
        var writer = ByteWriter(capacity: pending.count * Element.size)
        for entry in pending { entry.encode(to: &writer, base: baseOffset) }
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
            let kept = try store.partitionPoint {
                Element($0, at: $1, base: base).offset >= offset
            }
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
    mutating func adopt(count: Int, last: Element?) {
        store.adopt(count)
        self.last = last
    }

    /// Lets go of the file's descriptor.
    mutating func release() { store.release() }

    // MARK: Opening

    /// All entries of the file, as they are there. Throws `corruptFile` or `.file`.
    mutating func entriesOnDisk() throws(LogError) -> [Element] {
        let room = try store.load()
        let bytes = try store.read(0..<room)
        return (0..<room).map { Element(bytes, at: $0 * Element.size, base: baseOffset) }
    }

    /// Takes the file as it is. Only its size and its last entry are looked at: for closed
    /// segments. A tail of zeros, which Kafka leaves when it is killed, does not count. Throws
    /// `corruptFile` or `.file`.
    mutating func load() throws(LogError) {
        let room = try store.load()
        let newest = try entry(before: room)
        if let newest, !newest.isPlausibleEnd(after: baseOffset) { return try loadChecked() }
        last = newest
    }

    /// The same with every entry checked to ascend: for segments that were open when the process
    /// died.
    mutating func loadChecked() throws(LogError) {
        let room = try store.load()
        let bytes = try store.read(0..<room)
        var previous: Element?
        var kept = 0
        while kept < room {
            let entry = Element(bytes, at: kept * Element.size, base: baseOffset)
            if entry.isPadding(after: baseOffset) { break }
            guard entry.ascends(from: previous, base: baseOffset) else { break }
            previous = entry
            kept += 1
        }
        guard bytes.isZero(from: kept * Element.size) else {
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
