package import Model
internal import Ports

/// The log as files in a directory: coming to be, and going.
extension PartitionLog {
    /// Makes the directory and `partition.metadata`, if they are missing: before the first append.
    func materialize() throws(LogError) {
        switch state {
        case .closed: throw .closed
        case .present(hasMetadata: true): return
        case .present(hasMetadata: false): break
        case .absent:
            let directory = directory
            try onDisk { () throws(FileError) in
                try fileSystem.createDirectory(directory, withParents: false)
            }
            state = .present(hasMetadata: false)
            flushing.parentChanges += 1
        }
        if let topicID, topicID != .zero {
            let file = PartitionMetadataFile(in: directory, on: fileSystem)
            let written = try onDisk { () throws(FileError) in try file.write(topicID) }
            flushing.note([written], upTo: logEndOffset)
            flushing.directoryChanges += 1
        }
        state = .present(hasMetadata: true)
    }

    /// Makes directory and files although nothing was appended: they tell a restart where the log begins.
    package func makeFiles() throws(LogError) {
        try materialize()
        guard !active.isOnDisk else { return }
        try active.create()
        flushing.directoryChanges += 1
    }

    /// Renames the log's directory so that no start takes it for a log, and closes it. Gives back
    /// the path, to be removed with `FileSystem.removeTree` after `file.delete.delay.ms`; nil if
    /// there is nothing on the disk.
    ///
    /// - Parameter uniqueID: makes the name one that no earlier deletion of this partition used.
    package func renameForDeletion(_ uniqueID: UUID) throws(LogError) -> String? {
        guard isOnDisk else {
            state = .closed
            return nil
        }
        try endCleaning()
        try settleRemovals()
        let name = LogDirectoryName.deleted(partition, uniqueID)
        let target = PathName.join(PathName.parent(of: directory), name)
        let source = directory
        try onDisk { () throws(FileError) in
            try fileSystem.rename(source, to: target)
            try fileSystem.syncDirectory(PathName.parent(of: target))
        }
        for segment in segments { segment.release() }
        state = .closed
        return target
    }
}
