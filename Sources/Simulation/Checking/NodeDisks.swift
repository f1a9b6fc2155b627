internal import Bytes
internal import Model

/// The disks of a cluster's nodes, and the logs on them as the checker follows them.
final class NodeDisks {
    private struct LogKey: Hashable {
        let node: BrokerID
        let directoryID: DirectoryID?
        let path: String
        let isDurable: Bool
    }

    private var disks: [BrokerID: SimulatedDisk] = [:]
    /// Disks that were taken out, each with what it held then.
    private var formerDisks: [DirectoryID: SimulatedDisk] = [:]
    private var formerIDs: [BrokerID: DirectoryID] = [:]
    private var logs: [LogKey: DiskLog] = [:]
    private var distrusted: Set<BrokerID> = []
    /// The formatted directory of each node.
    private(set) var directoryIDs: [BrokerID: DirectoryID] = [:]

    /// The disk lies about syncs: it is taken for durable what its node has written.
    func distrust(_ node: BrokerID) { distrusted.insert(node) }

    /// Where logs lie on each disk.
    var directories = [SimulatedNode.dataDirectory]
    private struct ReplicaName: Hashable {
        let node: BrokerID
        let partition: TopicPartition
    }
    /// In which of them each node had its replica of a partition last. A directory that failed may hold another,
    /// which the node has given up.
    private var places: [ReplicaName: String] = [:]
    private let recoveryPoints = RecoveryPoints()

    /// A node has its replica of a partition in `directory` from now on.
    func lies(_ partition: TopicPartition, on node: BrokerID, in directory: String) {
        places[ReplicaName(node: node, partition: partition)] = directory
    }

    func add(_ node: BrokerID, _ disk: SimulatedDisk, _ directoryID: DirectoryID) {
        disks[node] = disk
        directoryIDs[node] = directoryID
    }

    /// A node's disk is another from now on, and the one that was taken out is `former`.
    func exchange(
        _ node: BrokerID, _ former: SimulatedDisk, for disk: SimulatedDisk,
        _ directoryID: DirectoryID
    ) {
        if let formerID = directoryIDs[node], formerID != directoryID {
            formerDisks[formerID] = former
            formerIDs[node] = formerID
        }
        add(node, disk, directoryID)
    }

    /// The file that a power loss would leave under a name in the directory `path`; nil if none, or if the disk
    /// is not to be trusted.
    func durableFile(_ name: String, of node: BrokerID, in path: String) -> DiskFile? {
        guard !distrusted.contains(node), let directory = disks[node]?.directory(at: path) else {
            return nil
        }
        guard case .file(let file)? = directory.durable[name] else { return nil }
        return file
    }

    /// The log of a partition, in whichever of the node's directories it lies.
    func log(of node: BrokerID, _ partition: TopicPartition, _ depth: DiskLog.Depth) -> DiskLog? {
        log(of: node, in: path(of: partition, of: node, on: disks[node]), depth)
    }

    /// The same on the disk that was taken out of the node; nil if none was.
    func formerLog(of node: BrokerID, _ partition: TopicPartition) -> DiskLog? {
        formerIDs[node].flatMap { id in
            durableLog(of: node, id, in: path(of: partition, of: node, on: formerDisks[id]))
        }
    }

    private func path(
        of partition: TopicPartition, of node: BrokerID, on disk: SimulatedDisk?
    ) -> String {
        "\(directory(of: partition, of: node, on: disk))/\(partition)"
    }

    private func directory(
        of partition: TopicPartition, of node: BrokerID, on disk: SimulatedDisk?
    ) -> String {
        guard directories.count > 1 else { return directories[0] }
        let last = places[ReplicaName(node: node, partition: partition)]
        let found = ([last].compactMap { $0 } + directories.dropFirst()).first {
            disk?.directory(at: "\($0)/\(partition)") != nil
        }
        return found ?? directories[0]
    }

    /// Below that a recovery of the node's log checks nothing, by the checkpoint file that a power loss leaves.
    func recoveryPoint(of node: BrokerID, _ partition: TopicPartition) -> Offset {
        let directory = directory(of: partition, of: node, on: disks[node])
        guard let file = durableFile(RecoveryPoints.fileName, of: node, in: directory) else {
            return .zero
        }
        return recoveryPoints.offset(
            of: partition, in: file, at: "\(node.rawValue) \(directory)")
    }

    /// The log in the directory `path`; nil if nobody knows the node.
    func log(of node: BrokerID, in path: String, _ depth: DiskLog.Depth) -> DiskLog? {
        disks[node].map { log(on: $0, of: node, nil, in: path, depth) }
    }

    /// What is durable of the log in the formatted directory `id` of a node, taken out or not; nil if it never
    /// had such a one.
    func durableLog(of node: BrokerID, _ id: DirectoryID, in path: String) -> DiskLog? {
        if id == directoryIDs[node] { return log(of: node, in: path, .durable) }
        guard let disk = formerDisks[id], formerIDs[node] == id else { return nil }
        return log(on: disk, of: node, id, in: path, .durable)
    }

    private func log(
        on disk: SimulatedDisk, of node: BrokerID, _ directoryID: DirectoryID?, in path: String,
        _ depth: DiskLog.Depth
    ) -> DiskLog {
        let key = LogKey(
            node: node, directoryID: directoryID, path: path,
            isDurable: depth == .durable && !distrusted.contains(node))
        if let log = logs[key] { return log }
        let log = DiskLog(disk, path, key.isDurable ? .durable : .seen)
        logs[key] = log
        return log
    }
}
