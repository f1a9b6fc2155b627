internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// One log directory of this node, locked and checked.
struct OpenDirectory: Sendable {
    let directory: LogDirectory
    let handle: LogDirectoryHandle
}

/// The node's directories, locked and proven to be ours, with nothing in them changed yet: what else can
/// stop a start (a port in use, for one) is tried between this and `NodeStorage`, which takes the mark of an
/// orderly stop away.
///
/// A directory whose disk fails is left out, as one that fails later is, if the node can be without it. It must not
/// count as taken away, or its replicas would begin anew elsewhere; so its identity is told with the others', which
/// remember it where it cannot be read itself.
struct CheckedStorage {
    let clusterID: String
    /// Those that work, in the order of `log.dirs`; last the metadata directory, if it is none of them.
    let directories: [OpenDirectory]
    /// All of `log.dirs`, in their order. One that failed and whose identity nobody knows is `.lost`.
    let handles: [LogDirectoryHandle]
    let configuration: NodeConfiguration

    /// Those that hold replicas: a directory that only holds metadata takes none.
    var replicaDirectories: [OpenDirectory] {
        directories.filter { configuration.logDirectories.contains($0.directory.path) }
    }

    /// Finds out whether every directory is ours, and takes it. Nothing is changed on disk, not even by the
    /// lock of one directory while another may turn out to be somebody else's.
    static func check(
        _ configuration: NodeConfiguration, world: World, log: Log
    ) throws(StartError) -> CheckedStorage {
        var check = DirectoryCheck(configuration, world.fileSystem, log)
        let directories = try check.run()
        let handles = configuration.logDirectories.map { path in
            directories.first { $0.handle.path == path }?.handle
                ?? check.failedHandle(at: path, besides: directories)
        }
        return CheckedStorage(
            clusterID: check.clusterID, directories: directories, handles: handles,
            configuration: configuration)
    }
}
