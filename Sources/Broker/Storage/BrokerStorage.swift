internal import Model

/// The node's log directories as the shards see them.
struct BrokerStorage: Sendable {
    let directories: [LogDirectoryHandle]

    /// The directory of a replica that the controller assigned to `id`; for one not assigned, the first that
    /// is online. Nil if the directory is offline or not of this node.
    func directory(for id: DirectoryID?) -> LogDirectoryHandle? {
        if let id, id != .unassigned, id != .migrating {
            return directories.first { $0.id == id && !$0.isOffline }
        }
        return directories.first { !$0.isOffline }
    }

    /// Where a replica's files lie.
    func path(of name: TopicPartition, in directory: LogDirectoryHandle) -> String {
        "\(directory.path)/\(name)"
    }
}
