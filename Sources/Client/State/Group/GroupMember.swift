internal import Bytes
internal import InternalRecords
internal import Model
internal import Wire

/// A member as the leader of a classic group sees it, and what it is told: Kafka's own consumer protocol, so
/// that clients of every make share a group.
struct GroupMember: Hashable, Sendable {
    let id: String
    let instanceID: String?
    /// Ascending.
    let topics: [String]
    /// What it says it owns, as of `generation`.
    let owned: [TopicPartition]
    /// -1 if it does not tell.
    let generation: Int32
    /// Where it runs, if it tells (KIP-881).
    var rack: String?

    /// Static members keep their place across restarts: they are told apart by instance.
    static func precedes(_ a: GroupMember, _ b: GroupMember) -> Bool {
        switch (a.instanceID, b.instanceID) {
        case (let first?, let second?): first < second
        case (.some, nil): true
        case (nil, .some): false
        case (nil, nil): a.id < b.id
        }
    }
}

/// The bytes that members exchange through JoinGroup and SyncGroup.
enum ConsumerProtocol {
    /// The newest version of both; readers read a newer one as this.
    private static let version: Int16 = 3

    // MARK: Subscriptions

    static func subscription(
        topics: [String], owned: [TopicPartition], generation: Int32, rack: String,
        for assignor: Assignor
    ) -> SharedBytes {
        var message = ConsumerProtocolSubscription()
        message.topics = topics
        message.generationID = generation
        message.rackID = rack.isEmpty ? nil : rack
        switch assignor {
        case .range, .roundRobin: break
        case .sticky: message.userData = stickyPast(owned, generation: generation)
        case .cooperativeSticky:
            // Members older than version 2 of the subscription read the generation here.
            var writer = ByteWriter(capacity: 4)
            writer.int32(generation)
            message.userData = writer.finish()
            message.ownedPartitions = byTopic(owned).map { topic, partitions in
                var entry = ConsumerProtocolSubscription.TopicPartition()
                entry.topic = topic
                entry.partitions = partitions
                return entry
            }
        }
        return encoded(message)
    }

    static func member(
        id: String, instanceID: String?, metadata: SharedBytes, assignor: Assignor
    ) throws(DecodeError) -> GroupMember {
        var reader = ByteReader(metadata)
        let version = min(max(try reader.int16(), 0), Self.version)
        let message = try ConsumerProtocolSubscription(from: &reader, version: version)
        var owned = message.ownedPartitions.flatMap { entry in
            entry.partitions.map { TopicPartition(entry.topic, $0) }
        }
        var generation = message.generationID
        if assignor == .sticky, let data = message.userData {
            (owned, generation) = try readStickyPast(data)
        } else if generation < 0, let data = message.userData, data.count >= 4 {
            generation = data.integer(at: 0)
        }
        return GroupMember(
            id: id, instanceID: instanceID, topics: Set(message.topics).sorted(),
            owned: owned.sorted(), generation: generation, rack: message.rackID)
    }

    /// What the eager sticky assignor remembers: topics with partitions, then the generation.
    private static func stickyPast(_ owned: [TopicPartition], generation: Int32) -> SharedBytes {
        var writer = ByteWriter()
        let topics = byTopic(owned)
        writer.int32(Int32(topics.count))
        for (topic, partitions) in topics {
            writer.int16(Int16(clamping: topic.utf8.count))
            writer.utf8(topic)
            writer.int32(Int32(partitions.count))
            for partition in partitions { writer.int32(partition) }
        }
        writer.int32(generation)
        return writer.finish()
    }

    private static func readStickyPast(
        _ data: SharedBytes
    ) throws(DecodeError) -> ([TopicPartition], Int32) {
        var reader = ByteReader(data)
        var owned: [TopicPartition] = []
        let topics = Int(max(try reader.int32(), 0))
        try reader.reserve(elements: topics, minimumSize: 6)
        for _ in 0..<topics {
            let topic = try reader.string(Int(max(try reader.int16(), 0)))
            let count = Int(max(try reader.int32(), 0))
            try reader.reserve(elements: count, minimumSize: 4)
            for _ in 0..<count { owned.append(TopicPartition(topic, try reader.int32())) }
        }
        // The first version had no generation.
        return (owned, reader.remaining >= 4 ? try reader.int32() : -1)
    }

    // MARK: Assignments

    static func assignment(_ partitions: [TopicPartition]) -> SharedBytes {
        var message = ConsumerProtocolAssignment()
        message.assignedPartitions = byTopic(partitions).map { topic, partitions in
            var entry = ConsumerProtocolAssignment.TopicPartition()
            entry.topic = topic
            entry.partitions = partitions
            return entry
        }
        return encoded(message)
    }

    /// Ascending. No bytes are no partitions.
    static func partitions(_ bytes: SharedBytes) throws(DecodeError) -> [TopicPartition] {
        guard !bytes.isEmpty else { return [] }
        var reader = ByteReader(bytes)
        let version = min(max(try reader.int16(), 0), Self.version)
        let message = try ConsumerProtocolAssignment(from: &reader, version: version)
        return message.assignedPartitions.flatMap { entry in
            entry.partitions.map { TopicPartition(entry.topic, $0) }
        }.sorted()
    }

    private static func encoded(_ message: some RecordMessage) -> SharedBytes {
        var writer = ByteWriter()
        writer.int16(version)
        do {
            try message.encode(to: &writer, version: version)
        } catch {
            preconditionFailure("topics of metadata and partitions fit: \(error)")
        }
        return writer.finish()
    }

    /// Runs of one topic each, ascending.
    static func byTopic(
        _ partitions: [TopicPartition]
    ) -> [(topic: String, partitions: [Int32])] {
        var topics: [(topic: String, partitions: [Int32])] = []
        for partition in partitions.sorted() {
            if topics.last?.topic != partition.topic { topics.append((partition.topic, [])) }
            topics[topics.count - 1].partitions.append(partition.partition)
        }
        return topics
    }
}
