internal import Model
internal import Ports
internal import Synchronization

/// One of the node's log directories: its identity and the flusher that syncs it.
final class LogDirectoryHandle: Sendable {
    let id: DirectoryID
    let path: String
    let flusher: any Flusher
    private let failed = Atomic<Bool>(false)

    init(id: DirectoryID, path: String, flusher: any Flusher) {
        self.id = id
        self.path = path
        self.flusher = flusher
    }

    /// After a failed sync nothing in it is trusted again before a restart.
    var isOffline: Bool { failed.load(ordering: .acquiring) }

    /// Marks the directory as failed; true for the first to say so.
    func fail() -> Bool { !failed.exchange(true, ordering: .acquiringAndReleasing) }
}
