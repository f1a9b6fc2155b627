import Bytes
import Client
import InternalRecords
import Model
import TestSupport
import Testing
import Wire
import WireMessages

// What a coordinator says, in a play.

extension Play {
    /// A consumer of group `g` on node 1, with topics of two partitions, all led by node 1.
    static func group(
        topics: [String: [BrokerID]] = ["t": [1, 1]],
        _ changeGroup: (inout GroupConfiguration) -> Void = { _ in },
        consumer change: (inout ConsumerConfiguration) -> Void = { _ in }
    ) -> Play {
        var group = GroupConfiguration(id: "g")
        changeGroup(&group)
        var consumer = ConsumerConfiguration()
        consumer.offsetReset = .earliest
        consumer.group = group
        change(&consumer)
        var cluster = Cluster()
        cluster.topics = topics
        return Play(cluster, consumer: consumer)
    }

    /// The oldest request of this kind that waits for its answer, and the request itself.
    mutating func question<M: RequestMessage>(
        _ type: M.Type = M.self, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (item: Asked, request: M) {
        let index = try #require(
            asked.firstIndex { $0.header.apiKey == M.apiKey }, "no \(M.apiKey) was asked",
            sourceLocation: sourceLocation)
        let item = asked.remove(at: index)
        return (item, try item.request())
    }

    func isAsking(_ key: ApiKey) -> Bool { asked.contains { $0.header.apiKey == key } }

    mutating func reply(_ item: Asked, _ response: some ResponseMessage) throws {
        answer(item, with: response)
        try run()
    }

    mutating func answerCoordinator(_ node: BrokerID = 1, _ code: ErrorCode = .none) throws {
        let (item, request) = try question(FindCoordinatorRequest.self)
        #expect(request.coordinatorKeys == ["g"])
        var found = FindCoordinatorResponse.Coordinator()
        found.key = "g"
        found.errorCode = code
        found.nodeID = node.rawValue
        found.host = "h"
        found.port = code == .none ? Int32(Cluster.port(of: node)) : -1
        var response = FindCoordinatorResponse()
        response.coordinators = [found]
        try reply(item, response)
    }

    // MARK: Classic

    /// Members beside the one of the play.
    struct Other {
        let id: String
        var topics = ["t"]
        var owned: [TopicPartition] = []
    }

    @discardableResult
    mutating func answerJoin(
        _ code: ErrorCode = .none, generation: Int32 = 1, memberID: String = "me",
        leader: String = "me", others: [Other] = []
    ) throws -> JoinGroupRequest {
        let (item, request) = try question(JoinGroupRequest.self)
        var response = JoinGroupResponse()
        response.errorCode = code
        response.generationID = code == .none ? generation : -1
        response.memberID = memberID
        response.leader = leader
        response.protocolType = "consumer"
        let chosen = try #require(request.protocols.first)
        response.protocolName = chosen.name
        if leader == memberID, code == .none {
            var mine = JoinGroupResponse.JoinGroupResponseMember()
            mine.memberID = memberID
            mine.metadata = chosen.metadata
            response.members = [mine]
            for other in others {
                var member = JoinGroupResponse.JoinGroupResponseMember()
                member.memberID = other.id
                member.metadata = Self.subscription(other.topics, other.owned, generation - 1)
                response.members.append(member)
            }
        }
        try reply(item, response)
        return request
    }

    static func subscription(
        _ topics: [String], _ owned: [TopicPartition], _ generation: Int32
    ) -> SharedBytes {
        var message = ConsumerProtocolSubscription()
        message.topics = topics
        message.generationID = generation
        message.ownedPartitions = owned.map { partition in
            var entry = ConsumerProtocolSubscription.TopicPartition()
            entry.topic = partition.topic
            entry.partitions = [partition.partition]
            return entry
        }
        var writer = ByteWriter()
        writer.int16(3)
        do { try message.encode(to: &writer, version: 3) } catch {
            Issue.record("cannot encode: \(error)")
        }
        return writer.finish()
    }

    /// What a member says in JoinGroup.
    static func told(_ request: JoinGroupRequest) throws -> ConsumerProtocolSubscription {
        let metadata = try #require(request.protocols.first).metadata
        var reader = ByteReader(metadata)
        let version = try reader.int16()
        return try ConsumerProtocolSubscription(from: &reader, version: version)
    }

    /// Answers with `partitions`, or with what the member, being leader, shared out to itself. Returns what
    /// was shared out.
    @discardableResult
    mutating func answerSync(
        _ partitions: [TopicPartition]? = nil, _ code: ErrorCode = .none
    ) throws -> [String: [TopicPartition]] {
        let (item, request) = try question(SyncGroupRequest.self)
        var shares: [String: [TopicPartition]] = [:]
        for entry in request.assignments {
            shares[entry.memberID] = try Self.partitions(entry.assignment)
        }
        var response = SyncGroupResponse()
        response.errorCode = code
        response.assignment = Self.assignment(partitions ?? shares[request.memberID] ?? [])
        try reply(item, response)
        return shares
    }

    static func assignment(_ partitions: [TopicPartition]) -> SharedBytes {
        var message = ConsumerProtocolAssignment()
        message.assignedPartitions = partitions.map { partition in
            var entry = ConsumerProtocolAssignment.TopicPartition()
            entry.topic = partition.topic
            entry.partitions = [partition.partition]
            return entry
        }
        var writer = ByteWriter()
        writer.int16(1)
        do { try message.encode(to: &writer, version: 1) } catch {
            Issue.record("cannot encode: \(error)")
        }
        return writer.finish()
    }

    private static func partitions(_ bytes: SharedBytes) throws -> [TopicPartition] {
        var reader = ByteReader(bytes)
        let version = try reader.int16()
        let message = try ConsumerProtocolAssignment(from: &reader, version: version)
        return message.assignedPartitions.flatMap { entry in
            entry.partitions.map { TopicPartition(entry.topic, $0) }
        }
    }

    mutating func answerHeartbeat(_ code: ErrorCode = .none) throws {
        let (item, _) = try question(HeartbeatRequest.self)
        var response = HeartbeatResponse()
        response.errorCode = code
        try reply(item, response)
    }

    mutating func answerLeave() throws -> LeaveGroupRequest {
        let (item, request) = try question(LeaveGroupRequest.self)
        try reply(item, LeaveGroupResponse())
        return request
    }

    // MARK: KIP-848

    @discardableResult
    mutating func answerMember(
        _ code: ErrorCode = .none, epoch: Int32 = 1, assigned: [Int32]? = nil, topic: String = "t"
    ) throws -> ConsumerGroupHeartbeatRequest {
        let (item, request) = try question(ConsumerGroupHeartbeatRequest.self)
        var response = ConsumerGroupHeartbeatResponse()
        response.errorCode = code
        response.memberID = request.memberID
        response.memberEpoch = epoch
        response.heartbeatIntervalMs = 5_000
        if let assigned {
            var entry = ConsumerGroupHeartbeatResponse.TopicPartitions()
            entry.topicID = cluster.id(of: topic)
            entry.partitions = assigned
            var assignment = ConsumerGroupHeartbeatResponse.Assignment()
            assignment.topicPartitions = assigned.isEmpty ? [] : [entry]
            response.assignment = assignment
        }
        try reply(item, response)
        return request
    }

    // MARK: Offsets

    /// Answers with the same offset for all partitions; -1: none is committed.
    mutating func answerCommitted(_ offset: Int64, _ code: ErrorCode = .none) throws {
        let (item, request) = try question(OffsetFetchRequest.self)
        let wanted = try #require(request.groups.first)
        var group = OffsetFetchResponse.OffsetFetchResponseGroup()
        group.groupID = wanted.groupID
        group.errorCode = code
        group.topics = (wanted.topics ?? []).map { topic in
            var found = OffsetFetchResponse.OffsetFetchResponseTopics()
            found.name = topic.name
            found.partitions = topic.partitionIndexes.map { number in
                var entry = OffsetFetchResponse.OffsetFetchResponsePartitions()
                entry.partitionIndex = number
                entry.committedOffset = offset
                return entry
            }
            return found
        }
        var response = OffsetFetchResponse()
        response.groups = [group]
        try reply(item, response)
    }

    /// Answers a commit, and returns it as `topic-partition=offset@epoch`.
    @discardableResult
    mutating func answerCommit(_ code: ErrorCode = .none) throws -> [String] {
        let (item, request) = try question(OffsetCommitRequest.self)
        var response = OffsetCommitResponse()
        response.topics = request.topics.map { topic in
            var result = OffsetCommitResponse.OffsetCommitResponseTopic()
            result.name = topic.name
            result.partitions = topic.partitions.map { partition in
                var entry = OffsetCommitResponse.OffsetCommitResponsePartition()
                entry.partitionIndex = partition.partitionIndex
                entry.errorCode = code
                return entry
            }
            return result
        }
        try reply(item, response)
        return request.topics.flatMap { topic in
            topic.partitions.map {
                "\(topic.name)-\($0.partitionIndex)=\($0.committedOffset)"
                    + "@\(request.generationIDOrMemberEpoch)"
            }
        }
    }

    // MARK: The application

    mutating func poll() throws -> [FetchedChunk] {
        core.pollBegan(now: now)
        let chunks = try core.take()
        core.pollEnded(now: now)
        try run()
        return chunks
    }

    /// A classic member on its own, stable, that begins at offset 5 of both partitions.
    mutating func becomeStable() throws {
        try core.subscribe(.topics(["t"]), now: now)
        try run()
        try answerCoordinator()
        try answerJoin(.memberIdRequired)
        try answerJoin()
        try answerSync()
        try answerCommitted(5)
    }
}
