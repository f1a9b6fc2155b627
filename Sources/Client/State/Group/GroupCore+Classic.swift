internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

extension GroupCore {
    /// A classic member's round of joining.
    struct Round {
        /// The group rebalances again, or the subscription changed: this round's assignment is not the last.
        var isStale = false
        /// The members to share out to, if this one was elected.
        var members: [GroupMember] = []
        var assignor: Assignor = .range
        var protocolName = ""
        /// Topics that any member reads: the leader looks after their layout.
        var leaderTopics: [String] = []
        /// What the leader shared out, and where its replicas are.
        var counts: [String: Int32] = [:]
        var racks: [String: [Set<String>]] = [:]
        /// Topics a pattern matched when this member joined.
        var matched: [String] = []
    }

    mutating func advanceClassic(
        _ network: inout Network, _ metadata: MetadataCache, now: Instant
    ) {
        switch phase {
        case .waiting(let until):
            guard now >= until, case .known = coordinator else { return }
            if case .pattern = topics?.subscription, !metadata.isAllKnown { return }
            prepare()
            advanceClassic(&network, metadata, now: now)
        case .preparing:
            guard change == nil else { return heartbeat(&network, now: now) }
            join(&network, metadata, now: now)
        case .assigning:
            shareOut(&network, metadata, now: now)
        case .stable where round.isStale && change == nil:
            round.isStale = false
            prepare()
            advanceClassic(&network, metadata, now: now)
        case .stable:
            heartbeat(&network, now: now)
        case .out, .joining, .syncing, .overdue, .leaving, .failed:
            break
        }
    }

    /// Before it joins, an eager member gives everything up; a cooperative one only what it does not read
    /// any more.
    mutating func prepare() {
        phase = .preparing
        guard change == nil else { return }
        var target = owned
        if !isCooperative {
            target = []
        } else if case .topics(let names) = topics?.subscription {
            let wanted = Set(names)
            target = owned.filter { wanted.contains($0.topic) }
        }
        if target != owned { begin(Change(target: target)) }
    }

    // MARK: Joining

    private mutating func join(
        _ network: inout Network, _ metadata: MetadataCache, now: Instant
    ) {
        guard let topics, canAsk(.join) else { return }
        round = Round()
        round.matched = topics.names(metadata)
        var request = JoinGroupRequest()
        request.groupID = configuration.id
        request.sessionTimeoutMs = Int32(clamping: configuration.sessionTimeout.inMilliseconds)
        request.rebalanceTimeoutMs = Int32(clamping: configuration.maxPollInterval.inMilliseconds)
        request.memberID = memberID
        request.groupInstanceID = configuration.instanceID
        request.protocolType = "consumer"
        request.protocols = configuration.assignors.map { assignor in
            var entry = JoinGroupRequest.JoinGroupRequestProtocol()
            entry.name = assignor.rawValue
            entry.metadata = ConsumerProtocol.subscription(
                topics: round.matched, owned: owned, generation: epoch, rack: rack, for: assignor)
            return entry
        }
        phase = .joining
        let lowest: Int16 = configuration.instanceID == nil ? 2 : 5
        let limit = configuration.maxPollInterval + network.configuration.requestTimeout
        ask(
            OutgoingRequest(request, versions: lowest...9, answerLimit: limit), .join, &network,
            now: now)
    }

    mutating func joinAnswered(
        version: Int16, body: SharedBytes, network: inout Network, consumer: inout ConsumerCore,
        metadata: inout MetadataCache, now: Instant
    ) throws(DecodeError) {
        var reader = ByteReader(body)
        let answer = try JoinGroupResponse(from: &reader, version: version)
        if answer.errorCode == .memberIdRequired {
            memberID = answer.memberID
            phase = .preparing
            return
        }
        guard answer.errorCode == .none else {
            if !answer.memberID.isEmpty { memberID = answer.memberID }
            return classicRefused(
                answer.errorCode, nil, &network, &consumer, &metadata, now: now)
        }
        joinFailures = 0
        memberID = answer.memberID
        epoch = answer.generationID
        round.protocolName = answer.protocolName ?? ""
        guard answer.leader == memberID, !answer.skipAssignment else {
            sync([:], &network, now: now)
            return
        }
        try lead(answer, &metadata)
    }

    /// Elected: reads what the members want.
    private mutating func lead(
        _ answer: JoinGroupResponse, _ metadata: inout MetadataCache
    ) throws(DecodeError) {
        guard let assignor = Assignor(rawValue: round.protocolName) else {
            failures.append(.refused(.inconsistentGroupProtocol, message: nil))
            return joinAgain(now: .zero)
        }
        round.assignor = assignor
        round.members = []
        for member in answer.members {
            round.members.append(
                try ConsumerProtocol.member(
                    id: member.memberID, instanceID: member.groupInstanceID,
                    metadata: member.metadata, assignor: assignor))
        }
        round.leaderTopics = Set(round.members.flatMap(\.topics)).sorted()
        for topic in round.leaderTopics { metadata.want(topic) }
        phase = .assigning
    }

    /// The leader shares out once it knows, of every topic, how many partitions it has or that there is none.
    private mutating func shareOut(
        _ network: inout Network, _ metadata: MetadataCache, now: Instant
    ) {
        guard canAsk(.sync) else { return }
        let isKnown = round.leaderTopics.allSatisfy {
            metadata.topics[$0] != nil || metadata.topicErrors[$0] != nil
        }
        guard isKnown else { return }
        round.counts = counts(metadata)
        round.racks = racks(metadata)
        let shares = round.assignor.assign(
            round.members, counts: round.counts, racks: round.racks)
        sync(shares, &network, now: now)
    }

    private func counts(_ metadata: MetadataCache) -> [String: Int32] {
        var counts: [String: Int32] = [:]
        for topic in round.leaderTopics {
            counts[topic] = Int32(clamping: metadata.topics[topic]?.partitions.count ?? 0)
        }
        return counts
    }

    /// Racks count where any member tells its own.
    private func racks(_ metadata: MetadataCache) -> [String: [Set<String>]] {
        guard round.members.contains(where: { $0.rack != nil }) else { return [:] }
        var racks: [String: [Set<String>]] = [:]
        for topic in round.leaderTopics {
            racks[topic] = metadata.topics[topic]?.partitions.map { partition in
                Set(partition.replicas.compactMap { metadata.racks[$0] })
            }
        }
        return racks
    }

    private mutating func sync(
        _ shares: [String: [TopicPartition]], _ network: inout Network, now: Instant
    ) {
        var request = SyncGroupRequest()
        request.groupID = configuration.id
        request.generationID = epoch
        request.memberID = memberID
        request.groupInstanceID = configuration.instanceID
        request.protocolType = "consumer"
        request.protocolName = round.protocolName
        request.assignments = shares.sorted { $0.key < $1.key }.map { member, partitions in
            var entry = SyncGroupRequest.SyncGroupRequestAssignment()
            entry.memberID = member
            entry.assignment = ConsumerProtocol.assignment(partitions)
            return entry
        }
        phase = .syncing
        let lowest: Int16 = configuration.instanceID == nil ? 0 : 3
        let limit = configuration.maxPollInterval + network.configuration.requestTimeout
        ask(
            OutgoingRequest(request, versions: lowest...5, answerLimit: limit), .sync, &network,
            now: now)
    }

    mutating func syncAnswered(
        version: Int16, body: SharedBytes, network: inout Network, consumer: inout ConsumerCore,
        metadata: inout MetadataCache, now: Instant
    ) throws(DecodeError) {
        var reader = ByteReader(body)
        let answer = try SyncGroupResponse(from: &reader, version: version)
        guard answer.errorCode == .none else {
            return classicRefused(
                answer.errorCode, nil, &network, &consumer, &metadata, now: now)
        }
        let target = try ConsumerProtocol.partitions(answer.assignment)
        phase = .stable
        nextHeartbeat = now + configuration.heartbeatInterval
        // Who gives something up joins again at once, so that it can go to its new owner (KIP-429).
        let givesUp = owned.contains { !target.contains($0) }
        if round.isStale || (givesUp && isCooperative) { round.isStale = true }
        begin(Change(target: target))
    }

    // MARK: Staying

    private mutating func heartbeat(_ network: inout Network, now: Instant) {
        guard now >= nextHeartbeat, canAsk(.heartbeat), epoch >= 0 else { return }
        var request = HeartbeatRequest()
        request.groupID = configuration.id
        request.generationID = epoch
        request.memberID = memberID
        request.groupInstanceID = configuration.instanceID
        let lowest: Int16 = configuration.instanceID == nil ? 0 : 3
        ask(OutgoingRequest(request, versions: lowest...4), .heartbeat, &network, now: now)
    }

    mutating func classicHeartbeatAnswered(
        version: Int16, body: SharedBytes, network: inout Network, consumer: inout ConsumerCore,
        metadata: inout MetadataCache, now: Instant
    ) throws(DecodeError) {
        var reader = ByteReader(body)
        let answer = try HeartbeatResponse(from: &reader, version: version)
        nextHeartbeat = now + configuration.heartbeatInterval
        guard answer.errorCode != .none else { return }
        classicRefused(answer.errorCode, nil, &network, &consumer, &metadata, now: now)
    }

    /// What a refusal of any of the member's questions means.
    mutating func classicRefused(
        _ code: ErrorCode, _ message: String?, _ network: inout Network,
        _ consumer: inout ConsumerCore, _ metadata: inout MetadataCache, now: Instant
    ) {
        switch code {
        case .rebalanceInProgress:
            switch phase {
            case .stable: if change == nil { prepare() } else { round.isStale = true }
            case .joining, .syncing, .assigning: joinAgain(now: now)
            case .out, .waiting, .preparing, .overdue, .leaving, .failed: break
            }
        case .unknownMemberId, .illegalGeneration:
            lose(&consumer, &metadata)
            if code == .unknownMemberId { memberID = "" }
            guard phase != .leaving else { return }
            restart(at: now)
        case _ where isAboutCoordinator(code, &network, now: now):
            switch phase {
            case .stable, .preparing: nextHeartbeat = now + retry.first
            case .joining, .syncing, .assigning: joinAgain(now: now)
            case .out, .waiting, .overdue, .leaving, .failed: break
            }
        default:
            fail(.refused(code, message: message), &consumer, &metadata)
        }
    }

    /// The layout changed: topics came that a pattern matches, or partitions that the leader has not shared
    /// out, or replicas are in other racks. The group joins again.
    mutating func layoutChanged(_ metadata: MetadataCache) {
        guard isClassic, phase == .stable, let topics else { return }
        var isChanged = false
        if case .pattern = topics.subscription {
            isChanged = topics.names(metadata) != round.matched
        }
        if !round.members.isEmpty, !isChanged {
            isChanged = counts(metadata) != round.counts || racks(metadata) != round.racks
        }
        if isChanged { round.isStale = true }
    }
}
