internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

extension GroupCore {
    /// What a member under KIP-848 has told its coordinator, and what it was told. A heartbeat names only
    /// what has changed; the first one, at epoch 0, names everything, as does one after a lost answer.
    struct Told {
        /// The subscription the coordinator knows.
        var subscription: Subscription?
        /// The partitions it knows this member to own.
        var owned: [TopicPartition]?
        /// An answer was lost that may have told of an assignment: who is told everything tells it again.
        var mustSayAll = false
        /// The subscription and the partitions that the heartbeat under way carries.
        var sentSubscription: Subscription?
        var sentOwned: [TopicPartition]?
        /// An assignment whose topics' names are not all known yet.
        var unresolved: [(topic: TopicID, partitions: [Int32])]?
        /// No new question about the layout for the sake of those names before then.
        var nextLook = Instant.zero
        var interval: Duration = .seconds(5)
        /// The coordinator was busy: it hears no news before then.
        var notBefore = Instant.zero
    }

    mutating func advanceHeartbeats(
        _ network: inout Network, _ metadata: inout MetadataCache, now: Instant
    ) {
        switch phase {
        case .waiting(let until):
            guard now >= until else { return }
            phase = .stable
            nextHeartbeat = now
        case .stable:
            break
        case .out, .preparing, .joining, .assigning, .syncing, .overdue, .leaving, .failed:
            return
        }
        resolve(&metadata, now: now)
        if hasNews { nextHeartbeat = min(nextHeartbeat, max(now, told.notBefore)) }
        guard now >= nextHeartbeat, canAsk(.heartbeat) else { return }
        sendHeartbeat(&network, metadata, now: now)
    }

    /// Whether the coordinator waits for something this member can tell: that it has given up partitions,
    /// or has taken them.
    private var hasNews: Bool {
        guard epoch > 0 else { return false }
        if told.subscription != topics?.subscription { return true }
        return change == nil && told.unresolved == nil && told.owned != nil && told.owned != owned
    }

    private mutating func sendHeartbeat(
        _ network: inout Network, _ metadata: MetadataCache, now: Instant
    ) {
        let isNew = epoch == 0
        let saysAll = isNew || told.mustSayAll
        var request = ConsumerGroupHeartbeatRequest()
        request.groupID = configuration.id
        request.memberID = memberID
        request.memberEpoch = epoch
        request.instanceID = configuration.instanceID
        if saysAll || told.subscription != topics?.subscription {
            switch topics?.subscription {
            case .topics(let names):
                request.subscribedTopicNames = names
                request.subscribedTopicRegex = isNew ? nil : ""
            case .pattern(let text):
                request.subscribedTopicRegex = text
                request.subscribedTopicNames = []
            case nil: break
            }
        }
        if saysAll {
            request.rackID = rack.isEmpty ? nil : rack
            request.rebalanceTimeoutMs = Int32(
                clamping: configuration.maxPollInterval.inMilliseconds)
            request.serverAssignor = configuration.remoteAssignor
        }
        let partitions = isNew ? [] : owned
        let tellsOwned = saysAll || (change == nil && told.owned != partitions)
        if tellsOwned { request.topicPartitions = Self.byID(partitions, metadata) }
        told.sentSubscription = topics?.subscription
        told.sentOwned = tellsOwned ? partitions : nil
        ask(OutgoingRequest(request, versions: 1...1), .heartbeat, &network, now: now)
    }

    private static func byID(
        _ partitions: [TopicPartition], _ metadata: MetadataCache
    ) -> [ConsumerGroupHeartbeatRequest.TopicPartitions] {
        ConsumerProtocol.byTopic(partitions).compactMap { topic, partitions in
            // A topic that is gone is nobody's any more.
            guard let id = metadata.topics[topic]?.id else { return nil }
            var entry = ConsumerGroupHeartbeatRequest.TopicPartitions()
            entry.topicID = id.uuid
            entry.partitions = partitions
            return entry
        }
    }

    mutating func heartbeatAnswered(
        version: Int16, body: SharedBytes, network: inout Network, consumer: inout ConsumerCore,
        metadata: inout MetadataCache, now: Instant
    ) throws(DecodeError) {
        var reader = ByteReader(body)
        let answer = try ConsumerGroupHeartbeatResponse(from: &reader, version: version)
        nextHeartbeat = now + told.interval
        guard answer.errorCode == .none else {
            return heartbeatRefused(
                answer.errorCode, answer.errorMessage, &network, &consumer, &metadata, now: now)
        }
        joinFailures = 0
        memberID = answer.memberID ?? memberID
        epoch = answer.memberEpoch
        told.interval = .milliseconds(Int64(max(answer.heartbeatIntervalMs, 1)))
        told.subscription = told.sentSubscription
        told.mustSayAll = false
        if let owned = told.sentOwned { told.owned = owned }
        nextHeartbeat = now + told.interval
        guard let assignment = answer.assignment else { return }
        told.unresolved = assignment.topicPartitions.map { (TopicID($0.topicID), $0.partitions) }
        // Whatever comes of it is told, even if nothing changes: it is the receipt.
        told.owned = told.owned ?? []
        resolve(&metadata, now: now)
    }

    /// Names the topics of an assignment; asks for the layout while a name is missing.
    private mutating func resolve(_ metadata: inout MetadataCache, now: Instant) {
        guard let assignment = told.unresolved else { return }
        var target: [TopicPartition] = []
        for entry in assignment {
            guard let name = metadata.names[entry.topic] else {
                guard now >= told.nextLook else { return }
                told.nextLook = now + patience
                metadata.requestUpdate()
                return
            }
            target += entry.partitions.map { TopicPartition(name, $0) }
        }
        told.unresolved = nil
        begin(Change(target: target.sorted()))
    }

    mutating func heartbeatRefused(
        _ code: ErrorCode, _ message: String?, _ network: inout Network,
        _ consumer: inout ConsumerCore, _ metadata: inout MetadataCache, now: Instant
    ) {
        switch code {
        case .unknownMemberId, .fencedMemberEpoch:
            lose(&consumer, &metadata)
            guard phase != .leaving else { return }
            restart(at: now)
        case _ where isAboutCoordinator(code, &network, now: now):
            told.mustSayAll = true
            nextHeartbeat = now + retry.first
            told.notBefore = nextHeartbeat
        default:
            fail(.refused(code, message: message), &consumer, &metadata)
        }
    }
}
