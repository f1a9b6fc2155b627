internal import LogStorage
internal import Ports
internal import Telemetry

/// Looks after directories whose disk is full, until there is room again: what retention no longer keeps goes
/// at once, and the room is measured every second. Lives on the metadata loop.
final class SpaceWatch {
    static let interval = Duration.seconds(1)

    private let node: Node
    private let directories: [OpenDirectory]
    private let shards: [LoopBound<Shard>]
    private let gauge: Gauge

    init(node: Node, directories: [OpenDirectory], shards: [LoopBound<Shard>]) {
        self.node = node
        self.directories = directories
        self.shards = shards
        gauge = node.metrics.gauge(Catalogue.fullDirectories)
    }

    func look() {
        let full = directories.map(\.handle).filter { $0.isFull && !$0.isOffline }
        gauge.set(Int64(full.count))
        guard !full.isEmpty else { return }
        for shard in shards { shard.post { $0.removeOldSegments() } }
        for handle in full { measure(handle) }
    }

    /// On the directory's own thread: a disk that hangs must not hold the loop.
    private func measure(_ handle: LogDirectoryHandle) {
        let (fileSystem, log) = (node.world.fileSystem, node.log)
        handle.background.perform {
            do throws(FileError) {
                guard try handle.lookForRoom(on: fileSystem) else { return }
                log.info("diskHasRoom", ["directory": handle.path])
            } catch {
                log.write(
                    .warn, "diskNotMeasured", peer: handle.path,
                    ["directory": handle.path, "cause": error])
            }
        }
    }
}
