internal import Bytes
internal import Model
public import Ports

/// A file system in memory that can lose power: what was not synced is lost, kept or torn, as
/// chance has it.
///
/// Directory entries and file contents are durable only once synced, as on a real disk that
/// promises no more. One thread at a time uses it.
public final class MemoryFileSystem: FileSystem, @unchecked Sendable {
    // SAFETY of the marker: tests run one file system on one thread.
    struct Change {
        let offset: Int
        let bytes: [UInt8]?
    }

    final class Node {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
        /// Writes, and with nil bytes truncations to `offset`, since the last sync.
        var changes: [Change] = []
    }

    final class Directory {
        var entries: [String: Node] = [:]
        var directories: Set<String> = []
        var durableEntries: [String: Node] = [:]
        var durableDirectories: Set<String> = []
        /// What happened to names of files since the last sync, in order.
        var changes: [NameChange] = []

        /// A change as programs see it.
        func change(_ change: NameChange) {
            change.apply(to: &entries)
            changes.append(change)
        }
    }

    /// A file gets a name, loses one, or both, which is a rename: that happens whole or not at all.
    struct NameChange {
        let node: Node
        var removed: String?
        var added: String?

        func apply(to entries: inout [String: Node]) {
            if let removed, entries[removed] === node { entries[removed] = nil }
            guard let added else { return }
            // A file that was renamed has one name, even if an earlier rename was lost.
            if removed != nil { entries = entries.filter { $0.value !== node } }
            entries[added] = node
        }
    }

    /// What a disk promises of changes of names that no sync of the directory has made durable.
    public enum NameOrder: Sendable {
        /// A power loss takes the last of them, as journals of file systems keep the order in a directory.
        case kept
        /// A power loss takes any of them.
        case any
    }

    private(set) var directories: [String: Directory] = ["/": Directory()]
    private var random: PRNG
    /// Counts down with each write; at zero writes fail with `noSpace` until raised.
    public var writesUntilFull = Int.max
    /// In which order names reach the disk.
    public var nameOrder = NameOrder.any
    /// Counts down with each change of names or bytes and each sync; at zero all of them fail: the process is
    /// about to die there.
    public var stepsUntilDeath = Int.max
    /// Whether directories have no room for another name.
    public var hasNoRoomForNames = false
    /// What the disk says is free.
    public var free: Int64 = 1 << 40
    /// A failing write leaves half of its bytes.
    public private(set) var syncs = 0
    public private(set) var directorySyncs = 0
    public private(set) var calls = 0

    public init(seed: UInt64 = 1) { random = PRNG(seed: seed) }

    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    static func name(_ path: String) -> String {
        String(path[path.index(after: path.lastIndex(of: "/")!)...])
    }

    func fail(_ kind: FileError.Kind, _ operation: String, _ path: String) -> FileError {
        FileError(kind, operation: operation, path: path, reason: "\(kind)")
    }

    public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        calls += 1
        guard let directory = directories[Self.parent(path)] else {
            throw fail(.notFound, "open", path)
        }
        let name = Self.name(path)
        switch mode {
        case .read, .readWrite:
            guard let node = directory.entries[name] else { throw fail(.notFound, "open", path) }
            return MemoryFile(path, node, self)
        case .create, .replace:
            let node = directory.entries[name] ?? Node()
            if directory.entries[name] == nil {
                try takeStep("open", path)
                directory.change(NameChange(node: node, added: name))
            }
            let file = MemoryFile(path, node, self)
            if mode == .replace, !node.bytes.isEmpty { try file.truncate(to: 0) }
            return file
        }
    }

    public func list(_ directory: String) throws(FileError) -> [DirectoryEntry] {
        calls += 1
        guard let found = directories[directory] else { throw fail(.notFound, "list", directory) }
        let files = found.entries.keys.map { DirectoryEntry(name: $0, isDirectory: false) }
        let folders = found.directories.map { DirectoryEntry(name: $0, isDirectory: true) }
        return (files + folders).sorted { $0.name < $1.name }
    }

    public func exists(_ path: String) -> Bool {
        directories[path] != nil || directories[Self.parent(path)]?.entries[Self.name(path)] != nil
    }

    public func createDirectory(_ path: String, withParents: Bool) throws(FileError) {
        calls += 1
        guard directories[path] == nil else { return }
        if withParents {
            try createDirectory(Self.parent(path), withParents: true)
        } else if directories[Self.parent(path)] == nil {
            throw fail(.notFound, "mkdir", path)
        }
        directories[path] = Directory()
        directories[Self.parent(path)]!.directories.insert(Self.name(path))
    }

    public func remove(_ path: String) throws(FileError) {
        guard let directory = directories[Self.parent(path)],
            let node = directory.entries[Self.name(path)]
        else { throw fail(.notFound, "remove", path) }
        try takeStep("remove", path)
        directory.change(NameChange(node: node, removed: Self.name(path)))
    }

    public func removeTree(_ path: String) throws(FileError) {
        for known in directories.keys where known == path || known.hasPrefix(path + "/") {
            directories[known] = nil
        }
        directories[Self.parent(path)]?.directories.remove(Self.name(path))
    }

    public func rename(_ from: String, to: String) throws(FileError) {
        guard !hasNoRoomForNames else { throw fail(.noSpace, "rename", from) }
        if directories[from] != nil {
            for known in directories.keys where known == from || known.hasPrefix(from + "/") {
                directories[to + known.dropFirst(from.count)] = directories[known]
                directories[known] = nil
            }
            directories[Self.parent(from)]!.directories.remove(Self.name(from))
            directories[Self.parent(to)]!.directories.insert(Self.name(to))
            return
        }
        guard let directory = directories[Self.parent(from)],
            let node = directory.entries[Self.name(from)]
        else { throw fail(.notFound, "rename", from) }
        precondition(Self.parent(from) == Self.parent(to), "files stay in their directory")
        try takeStep("rename", from)
        directory.change(
            NameChange(node: node, removed: Self.name(from), added: Self.name(to)))
    }

    public func syncDirectory(_ path: String) throws(FileError) {
        directorySyncs += 1
        guard let directory = directories[path] else {
            throw fail(.notFound, "syncDirectory", path)
        }
        try takeStep("syncDirectory", path)
        directory.durableEntries = directory.entries
        directory.durableDirectories = directory.directories
        directory.changes = []
    }

    public func lock(_ directory: String) throws(FileError) -> any DirectoryLock {
        guard !locked.contains(directory) else { throw fail(.locked, "lock", directory) }
        locked.insert(directory)
        return MemoryLock(directory, self)
    }

    var locked: Set<String> = []

    public func freeBytes(at path: String) throws(FileError) -> Int64 { free }

    public func totalBytes(at path: String) throws(FileError) -> Int64 { free }
    public func makeFlusher(for directory: String) -> any Flusher {
        fatalError("the tests sync by themselves")
    }

    // MARK: For tests

    public func write(_ bytes: [UInt8], to path: String) {
        let node = Node()
        node.bytes = bytes
        node.durable = bytes
        directories[Self.parent(path)]!.entries[Self.name(path)] = node
        directories[Self.parent(path)]!.durableEntries[Self.name(path)] = node
    }

    public func contents(_ path: String) -> [UInt8]? {
        directories[Self.parent(path)]?.entries[Self.name(path)]?.bytes
    }

    public func names(_ directory: String) -> [String] {
        directories[directory].map { $0.entries.keys.sorted() } ?? []
    }

    func takeWrite() -> Bool {
        guard writesUntilFull > 0 else { return false }
        if writesUntilFull != .max { writesUntilFull -= 1 }
        return true
    }

    func takeStep(_ operation: String, _ path: String) throws(FileError) {
        guard stepsUntilDeath > 0 else { throw fail(.failed, operation, path) }
        if stepsUntilDeath != .max { stepsUntilDeath -= 1 }
    }

    func noteSync() { syncs += 1 }
    func noteCall() { calls += 1 }

    /// The power goes. With `keepEverything` only the process dies: the kernel still writes it all.
    public func crash(keepEverything: Bool = false) {
        locked = []
        stepsUntilDeath = .max
        guard !keepEverything else { return }
        for path in directories.keys.sorted() {
            guard let directory = directories[path] else { continue }
            loseEntries(directory)
            let kept = directory.directories.filter {
                directory.durableDirectories.contains($0) || random.below(2) == 0
            }
            for gone in directory.directories.subtracting(kept) {
                let lost = path == "/" ? "/" + gone : path + "/" + gone
                for known in directories.keys where known == lost || known.hasPrefix(lost + "/") {
                    directories[known] = nil
                }
            }
            directory.directories = kept
            directory.durableDirectories = kept
        }
    }

    private func loseEntries(_ directory: Directory) {
        var after = directory.durableEntries
        let count = directory.changes.count
        let kept = random.below(count + 1)
        let isPrefix = nameOrder == .kept || random.below(2) == 0
        for (index, change) in directory.changes.enumerated() {
            if isPrefix ? index < kept : random.below(2) == 0 { change.apply(to: &after) }
        }
        for name in after.keys.sorted() {
            if let node = after[name] { loseBytes(node) }
        }
        directory.entries = after
        directory.durableEntries = after
        directory.changes = []
    }

    /// Each unsynced change happened, did not, or happened in part; their order on the disk is
    /// anybody's.
    private func loseBytes(_ node: Node) {
        guard !node.changes.isEmpty else { return }
        var bytes = node.durable
        let mode = random.below(4)
        for change in node.changes {
            let isLost = mode == 0 || (mode == 1 && random.below(2) == 0)
            // A cut frees its blocks: what is written later lies elsewhere, and is lost with the
            // cut.
            if isLost, change.bytes == nil { break }
            if isLost { continue }
            guard let written = change.bytes else {
                resize(&bytes, to: change.offset)
                continue
            }
            var part = written[...]
            if mode == 2, random.below(3) == 0 {
                part = part.prefix(random.below(written.count + 1))
            }
            if bytes.count < change.offset + part.count {
                resize(&bytes, to: change.offset + part.count)
            }
            bytes.replaceSubrange(change.offset..<change.offset + part.count, with: part)
        }
        node.bytes = bytes
        node.durable = bytes
        node.changes = []
    }
}

func resize(_ bytes: inout [UInt8], to count: Int) {
    if bytes.count > count {
        bytes.removeSubrange(count...)
    } else {
        bytes += [UInt8](repeating: 0, count: count - bytes.count)
    }
}

final class MemoryLock: DirectoryLock, @unchecked Sendable {
    let directory: String
    let system: MemoryFileSystem
    init(_ directory: String, _ system: MemoryFileSystem) {
        self.directory = directory
        self.system = system
    }
    func release() { system.locked.remove(directory) }
}

final class MemoryFile: File, @unchecked Sendable {
    let path: String
    let node: MemoryFileSystem.Node
    let system: MemoryFileSystem
    var isClosed = false

    init(_ path: String, _ node: MemoryFileSystem.Node, _ system: MemoryFileSystem) {
        self.path = path
        self.node = node
        self.system = system
    }

    private func check(_ operation: String) throws(FileError) {
        system.noteCall()
        if isClosed { throw system.fail(.failed, operation, path) }
    }

    func size() throws(FileError) -> Int64 {
        try check("size")
        return Int64(node.bytes.count)
    }

    func read(at offset: Int64, count: Int) throws(FileError) -> SharedBytes {
        try check("read")
        let start = min(Int(offset), node.bytes.count)
        return SharedBytes(node.bytes[start..<min(start + count, node.bytes.count)])
    }

    func write(_ parts: [SharedBytes], at offset: Int64) throws(FileError) {
        try check("write")
        try system.takeStep("write", path)
        var bytes = parts.flatMap(\.array)
        let isFull = !system.takeWrite()
        if isFull { bytes.removeLast((bytes.count + 1) / 2) }
        let end = Int(offset) + bytes.count
        if node.bytes.count < end { resize(&node.bytes, to: end) }
        node.bytes.replaceSubrange(Int(offset)..<end, with: bytes)
        node.changes.append(.init(offset: Int(offset), bytes: bytes))
        if isFull { throw system.fail(.noSpace, "write", path) }
    }

    func truncate(to size: Int64) throws(FileError) {
        try check("truncate")
        try system.takeStep("truncate", path)
        resize(&node.bytes, to: Int(size))
        node.changes.append(.init(offset: Int(size), bytes: nil))
    }

    func preallocate(upTo size: Int64) throws(FileError) { try check("preallocate") }

    func sync() throws(FileError) {
        try check("sync")
        try system.takeStep("sync", path)
        system.noteSync()
        node.durable = node.bytes
        node.changes = []
    }

    func isResident(at offset: Int64, count: Int) -> Bool { true }
    func close() { isClosed = true }
}
