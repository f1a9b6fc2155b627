internal import Bytes
internal import Configuration
internal import Controller
internal import Metadata
internal import Model
internal import WireMessages

/// DescribeTopicPartitions, v0 (KIP-966): topics in the order of their names, in pages of partitions.
enum DescribeTopicPartitionsHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DescribeTopicPartitionsRequest = try scope.request()
        let shard = scope.shard
        let limit = min(
            max(Int(request.responsePartitionLimit), 1),
            shard.brokerSettings.int("max.request.partition.size.limit"))
        var page = Page(shard: shard, listener: scope.exchange.listener.name, room: limit)
        let start = request.cursor
        if request.topics.isEmpty {
            shard.image.forEachTopic(from: start?.topicName) { page.add($0, from: start) }
        } else {
            for name in Set(request.topics.map(\.name)).sorted() {
                if let start, name < start.topicName { continue }
                if let topic = shard.image.topic(named: name) {
                    page.add(topic, from: start)
                } else {
                    page.addMissing(name)
                }
            }
        }
        scope.exchange.respond(page.response)
    }

    private struct Page {
        let shard: Shard
        let listener: String
        var room: Int
        var response = DescribeTopicPartitionsResponse()

        mutating func addMissing(_ name: String) {
            guard response.nextCursor == nil else { return }
            var missing = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()
            missing.name = name
            missing.errorCode =
                TopicName.fault(in: name) == nil ? .unknownTopicOrPartition : .invalidTopicException
            response.topics.append(missing)
        }

        mutating func add(
            _ topic: TopicImage, from start: DescribeTopicPartitionsRequest.Cursor?
        ) {
            guard response.nextCursor == nil else { return }
            let first = start.map { $0.topicName == topic.name ? $0.partitionIndex : 0 } ?? 0
            guard room > 0 else {
                turn(at: topic.name, first)
                return
            }
            var shown = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()
            shown.name = topic.name
            shown.topicID = topic.id.uuid
            shown.isInternal = InternalTopics.contains(topic.name)
            shown.topicAuthorizedOperations = AuthorizedOperations.topic
            topic.forEachPartition { number, partition in
                guard number >= first, response.nextCursor == nil else { return }
                guard room > 0 else {
                    turn(at: topic.name, number)
                    return
                }
                room -= 1
                shown.partitions.append(self.partition(number, partition))
            }
            response.topics.append(shown)
        }

        private mutating func turn(at topic: String, _ partition: Int32) {
            var cursor = DescribeTopicPartitionsResponse.Cursor()
            cursor.topicName = topic
            cursor.partitionIndex = partition
            response.nextCursor = cursor
        }

        private func partition(
            _ number: Int32, _ partition: PartitionImage
        ) -> DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition {
            var shown =
                DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition()
            shown.partitionIndex = number
            shown.leaderID = partition.leader?.rawValue ?? -1
            shown.leaderEpoch = partition.leaderEpoch.rawValue
            shown.replicaNodes = partition.replicas.map(\.rawValue)
            shown.isrNodes = partition.isr.map(\.rawValue)
            shown.eligibleLeaderReplicas = partition.eligibleLeaderReplicas.map(\.rawValue)
            shown.lastKnownElr = partition.lastKnownELR.map(\.rawValue)
            shown.offlineReplicas = shard.offlineReplicas(of: partition).map(\.rawValue)
            let isReachable = partition.leader.map {
                shard.image.endpoint(of: $0, on: listener) != nil
            }
            if isReachable == nil {
                shown.errorCode = .leaderNotAvailable
            } else if isReachable == false {
                shown.errorCode = .listenerNotFound
            }
            return shown
        }
    }
}
