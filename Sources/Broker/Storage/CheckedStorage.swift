internal import Configuration
internal import LogStorage

/// The node's directories, locked and proven to be ours, with nothing in them changed yet: what else can
/// stop a start (a port in use, for one) is tried between this and `NodeStorage`, which takes the mark of an
/// orderly stop away.
struct CheckedStorage {
    let clusterID: String
    /// In the order of `log.dirs`; last the metadata directory, if it is none of them.
    let directories: [OpenDirectory]
    let configuration: NodeConfiguration

    /// Those that hold replicas: a directory that only holds metadata takes none.
    var replicaDirectories: [OpenDirectory] {
        directories.filter { configuration.logDirectories.contains($0.directory.path) }
    }
}
