internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import WireMessages

/// DescribeLogDirs, v1 to v5 (KIP-113, 827, 1066): the log directories of this broker, what lies in them, and how much
/// room they have. No directory is ever cordoned.
enum DescribeLogDirsHandler {
    typealias Directory = DescribeLogDirsResponse.DescribeLogDirsResult

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DescribeLogDirsRequest = try scope.request()
        let (exchange, shard) = (scope.exchange, scope.shard)
        let wanted = request.topics.map { topics in
            Set(
                topics.flatMap { topic in topic.partitions.map { TopicPartition(topic.topic, $0) } }
            )
        }
        let storage = shard.storage
        var replicas: [ReplicaSize] = []
        var spaces: [DirectorySpace] = []
        let both = Gather<Bool>(count: 2) { _ in
            var response = DescribeLogDirsResponse()
            response.results = zip(storage.directories, spaces).map { directory, space in
                result(of: directory, space, replicas.filter { $0.path == directory.path })
            }
            exchange.respond(response)
        }
        let gather = Gather<[ReplicaSize]>(count: shard.peers.count) { lists in
            replicas = lists.flatMap(\.self).sorted { $0.order < $1.order }
            both.take(0, true)
        }
        let bound = LoopBound(gather, on: shard.loop)
        for (index, peer) in shard.peers.enumerated() {
            peer.run { shard in
                let sizes = shard.replicaSizes(of: wanted)
                bound.run { $0.take(index, sizes) }
            }
        }
        SpaceMeasurement.run(
            of: storage.directories, on: shard.loop, shard.node.world.fileSystem
        ) { measured in
            spaces = measured
            both.take(1, true)
        }
    }

    private static func result(
        of directory: LogDirectoryHandle, _ space: DirectorySpace, _ replicas: [ReplicaSize]
    ) -> Directory {
        var result = Directory()
        result.logDir = directory.path
        guard !directory.isOffline else {
            result.errorCode = .kafkaStorageError
            return result
        }
        result.totalBytes = space.total
        result.usableBytes = space.usable
        for replica in replicas {
            if result.topics.last?.name != replica.name.topic {
                var topic = DescribeLogDirsResponse.DescribeLogDirsTopic()
                topic.name = replica.name.topic
                result.topics.append(topic)
            }
            var partition = DescribeLogDirsResponse.DescribeLogDirsPartition()
            partition.partitionIndex = replica.name.partition
            partition.partitionSize = replica.size
            partition.offsetLag = replica.lag
            partition.isFutureKey = replica.isFuture
            result.topics[result.topics.count - 1].partitions.append(partition)
        }
        return result
    }
}

/// One replica in one log directory.
struct ReplicaSize: Sendable {
    let name: TopicPartition
    /// The log directory's.
    let path: String
    let size: Int64
    /// Of a replica, how far the log's end is behind the high watermark; of one that moves here, how far behind the
    /// replica.
    let lag: Int64
    var isFuture = false

    var order: (TopicPartition, Int) { (name, isFuture ? 1 : 0) }
}

extension Shard {
    /// The replicas of this loop, or those of them that are `wanted`.
    func replicaSizes(of wanted: Set<TopicPartition>?) -> [ReplicaSize] {
        var sizes: [ReplicaSize] = []
        for partition in partitions.values where !partition.isOffline {
            guard wanted?.contains(partition.name) != false else { continue }
            let lag = max(0, partition.highWatermark - partition.log.logEndOffset)
            sizes.append(
                ReplicaSize(
                    name: partition.name, path: partition.directory.path, size: partition.log.size,
                    lag: lag))
            guard let future = partition.future else { continue }
            sizes.append(
                ReplicaSize(
                    name: partition.name, path: future.directory.path, size: future.log.size,
                    lag: future.lag, isFuture: true))
        }
        return sizes
    }
}
