internal import LogStorage
internal import Model
internal import Ports
internal import Synchronization

/// One of the node's log directories: its identity, its threads, and whether it can be used.
///
///     online ── a write finds no room ─▶ full ── there is room again ─▶ online
///        └──────── a sync fails or hangs ─┴──────▶ offline, until the process ends
final class LogDirectoryHandle: Sendable {
    let id: DirectoryID
    let path: String
    /// Syncs and checkpoints: what acknowledgements wait for, and what is watched for stalls.
    let flusher: any Flusher
    /// What takes long and nobody waits for: removing files, compaction.
    let background: any Flusher
    /// Bytes that must be free before a full directory is written to again.
    static let roomMin: Int64 = 1 << 20

    private let failed = Atomic<Bool>(false)
    private let full = Atomic<Bool>(false)
    /// Names that the checkpoint files may still have rows of, although their logs are gone, each with the
    /// number of the round in which the log went.
    private let stale = Mutex<(round: Int, names: [TopicPartition: Int])>((0, [:]))
    private let kept = Mutex<DiskReserve?>(nil)

    init(id: DirectoryID, path: String, flusher: any Flusher, background: any Flusher) {
        self.id = id
        self.path = path
        self.flusher = flusher
        self.background = background
    }

    /// Where a replica's files lie.
    func path(of name: TopicPartition) -> String { "\(path)/\(name)" }

    /// Where the copy of a replica on its way into this directory lies.
    func path(ofFuture name: TopicPartition, _ id: UUID) -> String {
        "\(path)/\(LogDirectoryName.future(name, id))"
    }

    /// After a failed sync nothing in it is trusted again before a restart.
    var isOffline: Bool { failed.load(ordering: .acquiring) }

    // MARK: Room

    /// Nothing is appended until there is room again; what is there is read.
    var isFull: Bool { full.load(ordering: .acquiring) }

    /// The room kept for the metadata log, if it lies here.
    var reserve: DiskReserve? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    /// A write found no room; true for the first to say so.
    @discardableResult
    func noteFull() -> Bool { !full.exchange(true, ordering: .acquiringAndReleasing) }

    /// Whether a full directory has room again; then it is full no more. Blocks on the disk.
    func lookForRoom(on fileSystem: any FileSystem) throws(FileError) -> Bool {
        guard isFull else { return false }
        let reserve = reserve
        let owed = reserve.map { $0.isHeld ? 0 : $0.size } ?? 0
        guard try fileSystem.freeBytes(at: path) >= Self.roomMin + owed else { return false }
        try reserve?.take()
        return full.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// What is answered while it is full.
    var noSpace: LogError {
        .file(
            FileError(
                .noSpace, operation: "append", path: path, reason: "No space left on device"))
    }

    // MARK: Checkpoints

    /// The log of that name is gone: one that is made anew must not inherit its rows.
    func checkpointsOutlive(_ name: TopicPartition) {
        stale.withLock { $0.names[name] = $0.round }
    }

    /// Whether the files may have rows of an earlier log of that name.
    func mayInherit(_ name: TopicPartition) -> Bool { stale.withLock { $0.names[name] != nil } }

    /// A round of writing all checkpoint files begins; answers its number.
    func checkpointsBegin() -> Int {
        stale.withLock { stale in
            stale.round += 1
            return stale.round
        }
    }

    /// All files of that round are written: rows of logs that went before it are no more.
    func checkpointsWritten(in round: Int) {
        stale.withLock { stale in stale.names = stale.names.filter { $0.value >= round } }
    }

    /// Marks the directory as failed; true for the first to say so.
    func fail() -> Bool { !failed.exchange(true, ordering: .acquiringAndReleasing) }
}
