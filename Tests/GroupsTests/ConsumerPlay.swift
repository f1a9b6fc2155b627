import InternalRecords
import Model

@testable import Groups
@testable import Metadata

/// A consumer of the new protocol, which does what it is told: it gives up and takes over at once.
struct Consumer {
    let id: String
    var instance: String?
    var epoch: Int32 = 0
    var owned = PartitionSet()
    var error = ErrorCode.none
    /// When it is to be heard of again.
    var interval = Duration.zero
}

extension Play {
    /// Topics with their numbers of partitions; the id of topic `t` is that of its place.
    static func image(_ topics: [(name: String, partitions: Int32)]) throws -> MetadataImage {
        var image = MetadataImage()
        for (place, topic) in topics.enumerated() {
            var record = TopicRecord()
            record.name = topic.name
            record.topicID = UUID(high: 9, low: UInt64(place + 1))
            try image.apply(.topic(record))
            for number in 0..<topic.partitions {
                var partition = PartitionRecord()
                partition.partitionID = number
                partition.topicID = record.topicID
                partition.replicas = [1]
                partition.isr = [1]
                partition.leader = 1
                partition.leaderEpoch = 0
                partition.partitionEpoch = 0
                partition.directories = [UUID(high: 9, low: 999)]
                try image.apply(.partition(partition))
            }
        }
        return image
    }

    /// Group `g` sets something for itself.
    static func set(_ name: String, _ value: String, in image: inout MetadataImage) throws {
        var record = ConfigRecord()
        record.resourceType = ConfigResourceKind.group.rawValue
        record.resourceName = "g"
        record.name = name
        record.value = value
        try image.apply(.config(record))
    }

    /// One heartbeat; the first says everything.
    func beat(
        _ consumer: inout Consumer, in group: String = "g", topics: [String]? = nil,
        change: (inout ConsumerHeartbeat) -> Void = { _ in }
    ) {
        var request = ConsumerHeartbeat(group)
        request.memberID = consumer.id
        request.instanceID = consumer.instance
        request.epoch = consumer.epoch
        request.client = GroupClient(id: "c", host: "/h")
        request.owned = consumer.owned
        if consumer.epoch == 0 {
            request.rebalance = .seconds(60)
            request.topics = topics ?? ["t"]
            request.owned = PartitionSet()
        } else {
            request.topics = topics
        }
        change(&request)
        let asked = request
        let ticket = ask { $0.heartbeat(asked, $1, now: $2, time: $3) }
        guard case .heartbeat(let reply)? = replies[ticket] else { return }
        consumer.error = reply.error
        guard reply.error == .none else { return }
        consumer.epoch = reply.epoch
        consumer.interval = reply.interval
        if let assignment = reply.assignment { consumer.owned = assignment }
    }
}
