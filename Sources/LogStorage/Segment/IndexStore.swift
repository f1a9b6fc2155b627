internal import Bytes
internal import Ports

/// The part of an index that lies on the disk: `count` entries of one size, ascending, nothing
/// between them.
///
/// Nothing is mapped. A search looks first where the last one ended, since a reader goes on from
/// there; failing that it reads single entries until the rest fits one block. The file is opened
/// when it is first needed and made when it is first written.
struct IndexStore {
    /// Entries that one read of a search takes.
    private static let blockEntries = 512

    let fileSystem: any FileSystem
    let path: String
    let entrySize: Int
    /// Entries on the disk that count.
    private(set) var count = 0
    private var file: (any File)?
    /// The entry that the last search answered with.
    private var lastFound = 0

    init(fileSystem: any FileSystem, path: String, entrySize: Int) {
        self.fileSystem = fileSystem
        self.path = path
        self.entrySize = entrySize
    }

    /// Takes the file as it is and answers how many entries it has room for. Throws `corruptFile`
    /// if its size is no multiple of an entry's, `.file(.notFound)` if it is missing.
    mutating func load() throws(LogError) -> Int {
        let size = try opened(.readWrite).sizeOnDisk()
        guard size % Int64(entrySize) == 0, size <= Int64(Int32.max) else {
            throw .corruptFile(path: path, reason: "\(size) bytes are not entries of \(entrySize)")
        }
        count = Int(size) / entrySize
        return count
    }

    /// The file has `count` entries, as its writer says.
    mutating func adopt(_ count: Int) { self.count = count }

    /// Counts only the first `count` entries from now on. The file is cut when it is next written.
    mutating func keep(_ count: Int) {
        precondition(count <= self.count, "fewer entries than there were")
        self.count = count
    }

    /// The entries `range`, one after the other.
    mutating func read(_ range: Range<Int>) throws(LogError) -> SharedBytes {
        guard !range.isEmpty else { return .empty }
        let file = try opened(.readWrite)
        return try file.readExactly(
            at: Int64(range.lowerBound * entrySize), count: range.count * entrySize)
    }

    /// The first index at which `isAfter`, false before and true from there on, is true; `count` if
    /// nowhere.
    mutating func partitionPoint(
        _ isAfter: (SharedBytes, _ at: Int) -> Bool
    ) throws(LogError) -> Int {
        try search(isAfter).point
    }

    /// The last entry at which `isAfter`, false before and true from there on, is still false: its
    /// bytes are at `at` of `block`. Nil if it is true from the first on.
    mutating func lastEntry(
        notAfter isAfter: (SharedBytes, _ at: Int) -> Bool
    ) throws(LogError) -> (block: SharedBytes, at: Int)? {
        let (point, block, start) = try search(isAfter)
        return point == 0 ? nil : (block, (point - 1 - start) * entrySize)
    }

    /// Finds the partition point, and a block of entries from `start` on with the one before it, if
    /// there is one.
    private mutating func search(
        _ isAfter: (SharedBytes, _ at: Int) -> Bool
    ) throws(LogError) -> (point: Int, block: SharedBytes, start: Int) {
        var found = min(lastFound, count)..<min(lastFound + Self.blockEntries, count)
        var block = found.isEmpty ? .empty : try read(found)
        let size = entrySize
        let isHere =
            !found.isEmpty && (found.lowerBound == 0 || !isAfter(block, 0))
            && (found.upperBound == count || isAfter(block, (found.count - 1) * size))
        if !isHere {
            found = try narrowed(isAfter)
            block = try read(found)
        }
        var low = found.lowerBound
        var high = found.upperBound
        while low < high {
            let middle = (low + high) / 2
            if isAfter(block, (middle - found.lowerBound) * size) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        lastFound = max(0, low - 1)
        return (low, block, found.lowerBound)
    }

    /// Entries of one block that hold the partition point and the entry before it.
    private mutating func narrowed(
        _ isAfter: (SharedBytes, _ at: Int) -> Bool
    ) throws(LogError) -> Range<Int> {
        var low = 0
        var high = count
        while high - low >= Self.blockEntries {
            let middle = (low + high) / 2
            if isAfter(try read(middle..<middle + 1), 0) { high = middle } else { low = middle + 1 }
        }
        return max(0, low - 1)..<high
    }

    /// Writes `bytes`, whole entries, after those that count.
    mutating func append(_ bytes: SharedBytes) throws(LogError) {
        precondition(bytes.count % entrySize == 0, "whole entries")
        let file = try opened(.create)
        let end = Int64(count * entrySize)
        try onDisk { () throws(FileError) in try file.write([bytes], at: end) }
        count += bytes.count / entrySize
    }

    /// Cuts the file to what counts and makes it durable if asked: a stale entry must not come
    /// back.
    mutating func trim(isDurable: Bool) throws(LogError) {
        let file = try opened(.create)
        let size = Int64(count * entrySize)
        try onDisk { () throws(FileError) in
            if try file.size() != size { try file.truncate(to: size) }
            if isDurable { try file.sync() }
        }
    }

    /// The file, made if it is missing, to be synced by a flush.
    mutating func opened(_ mode: OpenMode) throws(LogError) -> any File {
        if let file { return file }
        let file = try onDisk { () throws(FileError) in try fileSystem.open(path, mode) }
        self.file = file
        return file
    }

    /// Lets go of the descriptor; the next use opens the file again.
    mutating func release() { file = nil }
}
