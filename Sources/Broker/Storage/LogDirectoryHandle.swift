internal import Model
internal import Ports
internal import Synchronization

/// One of the node's log directories: its identity and the flusher that syncs it.
final class LogDirectoryHandle: Sendable {
    let id: DirectoryID
    let path: String
    let flusher: any Flusher
    private let failed = Atomic<Bool>(false)
    /// Names that the checkpoint files may still have rows of, although their logs are gone, each with the
    /// number of the round in which the log went.
    private let stale = Mutex<(round: Int, names: [TopicPartition: Int])>((0, [:]))

    init(id: DirectoryID, path: String, flusher: any Flusher) {
        self.id = id
        self.path = path
        self.flusher = flusher
    }

    /// After a failed sync nothing in it is trusted again before a restart.
    var isOffline: Bool { failed.load(ordering: .acquiring) }

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
