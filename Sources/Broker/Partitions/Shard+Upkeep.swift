internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

extension Shard {
    /// One kind of offset of every log here, by directory.
    func offsets(_ kind: OffsetCheckpoint.Kind) -> [DirectoryID: [TopicPartition: Offset]] {
        var offsets: [DirectoryID: [TopicPartition: Offset]] = [:]
        for partition in partitions.values {
            let offset: Offset
            switch kind {
            case .highWatermark: offset = partition.highWatermark
            case .recoveryPoint:
                offset = partition.log.recoveryPoint
                // It may be in the file from now on.
                if offset > partition.log.recoveryPointSaved {
                    partition.log.recoveryPointWritten(offset)
                }
            case .logStart: offset = partition.log.logStartOffset
            case .cleaner:
                guard partition.log.cleanedUpTo > .zero else { continue }
                offset = partition.log.cleanedUpTo
            }
            offsets[partition.directory.id, default: [:]][partition.name] = offset
        }
        return offsets
    }

    /// The directory's checkpoint files say `points`: logs that waited for that may go on.
    func recoveryPointsWritten(_ points: [TopicPartition: Offset], in directory: DirectoryID) {
        for partition in partitionsInOrder where partition.directory.id == directory {
            guard let point = points[partition.name] else { continue }
            let waited = partition.log.isRecoveryPointLowered
            // While an earlier namesake may be in the files, none of the rows counts.
            guard !partition.directory.mayInherit(partition.name) else { continue }
            partition.log.recoveryPointWritten(point)
            if waited, !partition.log.isRecoveryPointLowered { fetchAgain(partition) }
        }
    }

    /// Removes what retention no longer keeps, and what lies below the start of the log.
    func removeOldSegments() {
        for partition in partitionsInOrder where partition.role != .idle {
            do throws(LogError) {
                removeSegmentsBelowStart(of: partition)
                let removal = try partition.log.deleteOldSegments(
                    highWatermark: partition.highWatermark, now: loop.wallTime)
                guard let removal else { continue }
                deleted(removal, of: partition)
            } catch {
                partition.storageFailed(error)
            }
        }
    }

    /// Removes segments all of whose records were deleted.
    func removeSegmentsBelowStart(of partition: Partition) {
        do throws(LogError) {
            guard let removal = try partition.log.deleteSegmentsBelowStart() else { return }
            deleted(removal, of: partition)
        } catch {
            partition.storageFailed(error)
        }
    }

    /// Forgets producers that have been silent for too long.
    func removeExpiredProducers() {
        for partition in partitionsInOrder where partition.role != .idle {
            partition.log.removeExpiredProducers(now: loop.wallTime)
        }
    }

    private func deleted(_ removal: SegmentRemoval, of partition: Partition) {
        node.log.info(
            "segmentsDeleted",
            [
                "partition": partition.name, "files": removal.count,
                "logStart": partition.log.logStartOffset.rawValue,
            ])
        remove(removal, of: partition)
    }

    /// Renames a log's old files now, and removes them after `file.delete.delay.ms`.
    func remove(_ removal: SegmentRemoval, of partition: Partition) {
        let (fileSystem, log) = (node.world.fileSystem, node.log)
        let directory = partition.directory
        func run(_ step: @escaping @Sendable () throws(FileError) -> Void) {
            directory.background.perform {
                do throws(FileError) {
                    try step()
                } catch {
                    log.warn("segmentsNotRemoved", ["cause": error])
                }
            }
        }
        guard !directory.isFull else {
            // The room is wanted now.
            run { () throws(FileError) in try removal.perform(on: fileSystem) }
            return
        }
        run { () throws(FileError) in try removal.rename(on: fileSystem) }
        loop.arm(at: loop.now + partition.settings.deleteDelay) {
            run { () throws(FileError) in try removal.perform(on: fileSystem) }
        }
    }

    /// Closes every log; the last thing this shard does. Blocks on the disk.
    func closeLogs() -> (CloseGather.Offsets, Set<DirectoryID>) {
        isClosed = true
        var offsets: CloseGather.Offsets = [:]
        offsets[.highWatermark] = self.offsets(.highWatermark)
        var failed: Set<DirectoryID> = []
        for partition in partitionsInOrder {
            partition.goOffline()
            do throws(LogError) {
                try partition.log.close()
            } catch {
                node.log.error("logNotClosed", ["partition": partition.name, "cause": error])
                failed.insert(partition.directory.id)
            }
        }
        offsets[.recoveryPoint] = self.offsets(.recoveryPoint)
        offsets[.logStart] = self.offsets(.logStart)
        offsets[.cleaner] = self.offsets(.cleaner)
        return (offsets, failed)
    }
}
