public import Bytes
public import Model

/// A failed file operation: the world's failure, to be answered by retry, refusal or an offline directory.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case notFound
        case alreadyExists
        case noSpace
        case notPermitted
        case readOnly
        case tooManyOpenFiles
        case locked
        /// EIO and everything else that means "do not trust this directory".
        case failed
    }

    public let kind: Kind
    /// What was tried, as in `write`, `fdatasync`.
    public let operation: String
    public let path: String
    /// The kernel's words, as in `No space left on device`.
    public let reason: String

    public init(_ kind: Kind, operation: String, path: String, reason: String) {
        self.kind = kind
        self.operation = operation
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(operation) \(path): \(reason)" }
}

/// How a file is opened.
public enum OpenMode: Sendable {
    /// Must exist.
    case read
    /// Must exist.
    case readWrite
    /// Made if missing, kept if not.
    case create
    /// Made if missing, emptied if not.
    case replace
}

/// One entry of a directory.
public struct DirectoryEntry: Hashable, Sendable {
    public let name: String
    public let isDirectory: Bool

    public init(name: String, isDirectory: Bool) {
        self.name = name
        self.isDirectory = isDirectory
    }
}

/// Files by absolute path. Every call may block on the disk; all may come from any thread.
public protocol FileSystem: AnyObject, Sendable {
    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File
    /// Entries without `.` and `..`, sorted by name.
    func list(_ directory: String) throws(FileError) -> [DirectoryEntry]
    func exists(_ path: String) -> Bool
    /// Makes the directory, and its missing parents if that is wanted; one that exists is fine.
    func createDirectory(_ path: String, withParents: Bool) throws(FileError)
    /// Removes a file; one that is missing is `.notFound`.
    func remove(_ path: String) throws(FileError)
    /// Removes a directory with all it holds; one that is missing is fine.
    func removeTree(_ path: String) throws(FileError)
    /// Renames atomically, replacing the target. Durable only after `syncDirectory` of the parent.
    func rename(_ from: String, to: String) throws(FileError)
    /// Makes creations, renames and removals in `path` durable.
    func syncDirectory(_ path: String) throws(FileError)
    /// Locks a directory for this process by a file `.lock` in it, until the lock is released.
    func lock(_ directory: String) throws(FileError) -> any DirectoryLock
    /// Bytes free for this process on the file system of `path`.
    func freeBytes(at path: String) throws(FileError) -> Int64
    /// Bytes of the file system of `path`, used or free.
    func totalBytes(at path: String) throws(FileError) -> Int64
    /// A flusher of its own for files below `directory`.
    func makeFlusher(for directory: String) -> any Flusher
}

/// Held while a process uses a log directory.
public protocol DirectoryLock: AnyObject, Sendable {
    func release()
}

/// An open file. Reads and writes carry their own offset, so several loops may read while one writes.
public protocol File: AnyObject, Sendable {
    var path: String { get }
    /// Current length in bytes.
    func size() throws(FileError) -> Int64
    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    func read(at offset: Int64, count: Int) throws(FileError) -> SharedBytes
    /// Writes all parts one after the other from `offset` on, gathered into as few system calls as can be.
    /// On failure an unknown part of them is written.
    func write(_ parts: [SharedBytes], at offset: Int64) throws(FileError)
    /// Cuts or extends to `size` bytes.
    func truncate(to size: Int64) throws(FileError)
    /// Reserves disk blocks up to `size` without changing the file's length.
    func preallocate(upTo size: Int64) throws(FileError)
    /// Blocks until what was written, and the length, is durable.
    func sync() throws(FileError)
    /// Whether the range is in memory, so that sending it will not wait for the disk.
    func isResident(at offset: Int64, count: Int) -> Bool
    /// From now on reads bring nothing from the disk but what they ask for, and the file remembers what of that nobody
    /// has checked: until `noteChecked`, `isResident` is false for it. Files of other worlds need not.
    func watchDisk()
    /// These bytes were read, and are what was written.
    func noteChecked(_ range: Range<Int64>)
    /// Closes once nobody uses the file any more; further calls fail with `.failed`. Idempotent.
    func close()
}

extension File {
    public func watchDisk() {}
    public func noteChecked(_ range: Range<Int64>) {}
}

/// Makes files of one log directory durable off the loops (group commit). One per directory, so that a
/// stalled disk holds back only its own partitions.
public protocol Flusher: AnyObject, Sendable {
    /// Syncs what was written to `files` before the call, and after them the entries of `directories`, all of
    /// which lie in the flusher's; then runs `completion` on `loop` with the first failure, or nil. Requests
    /// that wait while a sync runs are served together by the next one.
    func sync(
        _ files: [any File], directories: [String], on loop: any Loop,
        completion: @escaping @Sendable (FileError?) -> Void)

    /// Runs other blocking work on the directory's thread (checkpoints, snapshots, deletion), after the syncs asked for
    /// before it.
    func perform(_ work: @escaping @Sendable () -> Void)

    /// Since when the sync now running has been running, nil if none is. From any thread.
    var busySince: Instant? { get }
}

extension Flusher {
    /// Syncs files whose directory entries are durable already.
    public func sync(
        _ files: [any File], on loop: any Loop,
        completion: @escaping @Sendable (FileError?) -> Void
    ) {
        sync(files, directories: [], on: loop, completion: completion)
    }
}
