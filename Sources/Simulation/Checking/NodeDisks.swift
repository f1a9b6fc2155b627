internal import Model

/// The disks of a cluster's nodes, and the logs on them as the checker follows them.
final class NodeDisks {
    private struct LogKey: Hashable {
        let node: BrokerID
        let path: String
        let isDurable: Bool
    }

    private var disks: [BrokerID: SimulatedDisk] = [:]
    private var logs: [LogKey: DiskLog] = [:]
    private var distrusted: Set<BrokerID> = []
    /// The formatted directory of each node.
    private(set) var directoryIDs: [BrokerID: DirectoryID] = [:]

    /// The disk lies about syncs: it is taken for durable what its node has written.
    func distrust(_ node: BrokerID) { distrusted.insert(node) }

    func add(_ node: BrokerID, _ disk: SimulatedDisk, _ directoryID: DirectoryID) {
        disks[node] = disk
        directoryIDs[node] = directoryID
    }

    /// The log in the directory `path`; nil if nobody knows the node.
    func log(of node: BrokerID, in path: String, _ depth: DiskLog.Depth) -> DiskLog? {
        let key = LogKey(
            node: node, path: path, isDurable: depth == .durable && !distrusted.contains(node))
        if let log = logs[key] { return log }
        guard let disk = disks[node] else { return nil }
        let log = DiskLog(disk, path, key.isDurable ? .durable : .seen)
        logs[key] = log
        return log
    }
}
