internal import Bytes
internal import Metadata
internal import Model
internal import Ports
internal import WireMessages

/// AlterReplicaLogDirs, v1 to v2 (KIP-113): moves replicas of this broker into others of its log directories. Answered
/// when the moves have begun; DescribeLogDirs shows how far they are.
///
/// A replica that is not here yet is refused; Kafka also notes where it is to be made.
enum AlterReplicaLogDirsHandler {
    private struct Move: Sendable {
        let name: TopicPartition
        let target: LogDirectoryHandle?
    }

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: AlterReplicaLogDirsRequest = try scope.request()
        let (exchange, shard) = (scope.exchange, scope.shard)
        var items: [PartitionQuery<Move, (TopicPartition, ErrorCode)>.Item] = []
        for directory in request.dirs {
            let target = shard.storage.directory(at: directory.path)
            for topic in directory.topics {
                let id = shard.image.topicID(named: topic.name)
                for partition in topic.partitions {
                    items.append(
                        .init(
                            key: id.map { PartitionKey($0, partition) },
                            question: Move(
                                name: TopicPartition(topic.name, partition), target: target)))
                }
            }
        }
        PartitionQuery.run(on: shard, items) { move in
            (move.name, .unknownTopicOrPartition)
        } ask: { shard, key, move in
            (move.name, shard.move(key, to: move.target))
        } finish: { answers in
            exchange.respond(response(answers))
        }
    }

    private static func response(
        _ answers: [(TopicPartition, ErrorCode)]
    ) -> AlterReplicaLogDirsResponse {
        var response = AlterReplicaLogDirsResponse()
        for (name, error) in answers {
            if response.results.last?.topicName != name.topic {
                var topic = AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult()
                topic.topicName = name.topic
                response.results.append(topic)
            }
            var partition = AlterReplicaLogDirsResponse.AlterReplicaLogDirPartitionResult()
            partition.partitionIndex = name.partition
            partition.errorCode = error
            response.results[response.results.count - 1].partitions.append(partition)
        }
        return response
    }
}

extension Shard {
    /// Begins to move a replica of this loop.
    fileprivate func move(_ key: PartitionKey, to target: LogDirectoryHandle?) -> ErrorCode {
        guard let target else { return .logDirNotFound }
        guard !target.isOffline else { return .kafkaStorageError }
        guard let partition = partitions[key] else { return .replicaNotAvailable }
        guard !partition.isOffline else { return .kafkaStorageError }
        partition.move(to: target)
        return .none
    }
}
