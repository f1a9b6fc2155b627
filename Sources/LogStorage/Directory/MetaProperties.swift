internal import Bytes
package import Model
package import Ports

/// `meta.properties`: to which cluster, node and identity a log directory belongs (KIP-631,
/// KIP-853).
package struct MetaProperties: Hashable, Sendable {
    package static let fileName = "meta.properties"
    private static let sizeMax = 64 << 10

    /// 1, or 0 of a directory that was written before KRaft.
    package var version: Int
    package var clusterID: String?
    package var nodeID: BrokerID?
    package var directoryID: DirectoryID?

    /// What formatting writes.
    package init(
        version: Int = 1, clusterID: String?, nodeID: BrokerID?, directoryID: DirectoryID?
    ) {
        self.version = version
        self.clusterID = clusterID
        self.nodeID = nodeID
        self.directoryID = directoryID
    }

    /// The file of `directory`, nil if it was never formatted. Throws `corruptFile` or `.file`.
    package static func read(
        in directory: String, on fileSystem: any FileSystem
    ) throws(LogError) -> MetaProperties? {
        let file = AtomicFile(
            fileSystem: fileSystem, path: PathName.join(directory, fileName))
        guard let bytes = try file.read(limit: sizeMax) else { return nil }
        func fault(_ reason: String) -> LogError { .corruptFile(path: file.path, reason: reason) }
        guard let entries = JavaProperties.parse(bytes) else {
            throw fault("not in the format of Java properties")
        }
        guard let version = entries["version"].flatMap({ Int($0) }) else {
            throw fault("it has no version")
        }
        guard version == 0 || version == 1 else { throw fault("version \(version) is not known") }
        let nodeKey = version == 0 ? "broker.id" : "node.id"
        var result = MetaProperties(
            version: version, clusterID: entries["cluster.id"], nodeID: nil, directoryID: nil)
        if let text = entries[nodeKey] {
            guard let id = Int32(text), id >= 0 else { throw fault("\(nodeKey)=\(text) is no id") }
            result.nodeID = BrokerID(id)
        }
        if let text = entries["directory.id"] {
            guard let id = UUID(text), !id.isReserved else {
                throw fault("directory.id=\(text) is no id")
            }
            result.directoryID = DirectoryID(id)
        }
        if version == 1, result.clusterID == nil { throw fault("it has no cluster.id") }
        if version == 1, result.nodeID == nil { throw fault("it has no node.id") }
        return result
    }

    /// Replaces the file durably.
    package func write(
        in directory: String, on fileSystem: any FileSystem, now: Timestamp
    ) throws(FileError) {
        var entries = ["version": String(version)]
        entries["cluster.id"] = clusterID
        entries[version == 0 ? "broker.id" : "node.id"] = nodeID.map { String($0.rawValue) }
        entries["directory.id"] = directoryID?.description
        let file = AtomicFile(
            fileSystem: fileSystem, path: PathName.join(directory, Self.fileName))
        try file.replace(
            with: JavaProperties.render(entries, at: CalendarText.render(now)))
    }

    /// What is wrong with using a directory with these properties for this node: nil if nothing.
    /// The words name the directory and the remedy.
    package func mismatch(
        clusterID expected: String, nodeID node: BrokerID, in directory: String
    ) -> String? {
        if let clusterID, clusterID != expected {
            return """
                \(directory) belongs to cluster \(clusterID), not to \(expected): point log.dirs at \
                another directory, or empty this one and format it
                """
        }
        if let nodeID, nodeID != node {
            return """
                \(directory) belongs to node \(nodeID.rawValue), not to node \(node.rawValue): correct \
                node.id or log.dirs
                """
        }
        return nil
    }
}
