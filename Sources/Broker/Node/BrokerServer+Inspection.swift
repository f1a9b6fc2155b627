internal import LogStorage
package import Model
package import Ports
internal import Raft
internal import Replication

/// What a node believes about the metadata quorum.
package struct QuorumFacts: Equatable, Sendable {
    package let term: Term
    package let isLeader: Bool
}

/// What a node believes about one of its replicas.
package struct ReplicaFacts: Equatable, Sendable {
    package let partition: TopicPartition
    package let topicID: TopicID
    package let isLeader: Bool
    package let leaderEpoch: LeaderEpoch
    package let logStartOffset: Offset
    package let logEndOffset: Offset
    package let highWatermark: Offset
}

/// For those who check from outside that the cluster keeps its promises.
extension BrokerServer {
    /// The quorum. Only on the metadata loop.
    package var quorumFacts: QuorumFacts {
        let raft = cluster.take().quorum.raft
        return QuorumFacts(term: raft.term, isLeader: raft.isLeader)
    }

    /// The replicas that `loop` owns, in the order of their names. Only on that loop.
    package func replicaFacts(on loop: any Loop) -> [ReplicaFacts] {
        guard let shard = shards.first(where: { $0.loop === loop }) else { return [] }
        return shard.take().partitionsInOrder.map { partition in
            let epoch = partition.leader?.leaderEpoch ?? partition.follower?.leaderEpoch ?? .none
            return ReplicaFacts(
                partition: partition.name, topicID: partition.key.topicID,
                isLeader: partition.leader != nil, leaderEpoch: epoch,
                logStartOffset: partition.log.logStartOffset,
                logEndOffset: partition.log.logEndOffset, highWatermark: partition.highWatermark)
        }
    }
}
