internal import Model
internal import Synchronization

/// The node's log directories as the shards see them, and how many replicas lie in each.
final class BrokerStorage: Sendable {
    /// In the order of `log.dirs`.
    let directories: [LogDirectoryHandle]
    /// Replicas in each directory, moving ones in both. All loops place replicas, so they count together.
    private let counts: Mutex<[Int]>

    init(directories: [LogDirectoryHandle]) {
        self.directories = directories
        counts = Mutex(Array(repeating: 0, count: directories.count))
    }

    /// A directory of this node that is online. Nil for another's, and for what names none.
    func directory(_ id: DirectoryID) -> LogDirectoryHandle? {
        directories.first { $0.id == id && !$0.isOffline }
    }

    /// The directory at `path`, online or not.
    func directory(at path: String) -> LogDirectoryHandle? {
        directories.first { $0.path == path }
    }

    /// Whether what lies in some directory is out of reach.
    var hasOffline: Bool { directories.contains { $0.isOffline } }

    /// Chooses where a new replica lies, and counts it: online, with the fewest replicas, the first of such.
    /// Nil if none is online.
    func place() -> LogDirectoryHandle? {
        counts.withLock { counts in
            let online = directories.indices.filter { !directories[$0].isOffline }
            guard let chosen = online.min(by: { counts[$0] < counts[$1] }) else { return nil }
            counts[chosen] += 1
            return directories[chosen]
        }
    }

    /// A replica lies in `directory` that was not placed.
    func took(_ directory: LogDirectoryHandle) { change(directory, by: 1) }

    /// A replica left `directory`.
    func released(_ directory: LogDirectoryHandle) { change(directory, by: -1) }

    private func change(_ directory: LogDirectoryHandle, by difference: Int) {
        guard let place = directories.firstIndex(where: { $0 === directory }) else { return }
        counts.withLock { counts in
            counts[place] += difference
            precondition(counts[place] >= 0, "a replica leaves a directory once")
        }
    }
}
