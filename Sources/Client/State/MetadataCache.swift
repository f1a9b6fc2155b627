package import Model
internal import Wire
internal import WireMessages

/// What a client knows of one partition.
package struct PartitionView: Hashable, Sendable {
    package let partition: Int32
    /// `.none` while there is no leader.
    package var leader: BrokerID
    /// `.none` if the server does not tell.
    package var leaderEpoch: LeaderEpoch
    package let replicas: [BrokerID]
    package let inSync: [BrokerID]
}

/// What a client knows of one topic.
package struct TopicView: Hashable, Sendable {
    package let name: String
    /// `.zero` if the server does not tell.
    package let id: TopicID
    package let isInternal: Bool
    /// By number, without gaps.
    package var partitions: [PartitionView]

    /// Partitions with a leader.
    package var available: [Int32] {
        partitions.compactMap { $0.leader == .none ? nil : $0.partition }
    }
}

/// The layout of the cluster as far as this client needs it, and when to ask for it again.
///
/// A refresh is due when somebody found the layout wrong (`requestUpdate`), when topics are wanted that are
/// not known, and when the layout is old. Only one question is out at a time; after a failure, or an answer
/// that did not help, the next one waits for its backoff.
struct MetadataCache: Sendable {
    private(set) var clusterID: String?
    /// Who takes what only the controller may do; any broker stands in for it (KIP-590).
    private(set) var controllerID: BrokerID = .none
    private(set) var nodes: [(id: BrokerID, address: ServerAddress)] = []
    /// Where nodes stand, of those that tell.
    private(set) var racks: [BrokerID: String] = [:]
    private(set) var topics: [String: TopicView] = [:]
    private(set) var names: [TopicID: String] = [:]
    /// Why a wanted topic is not known, as the last answer told.
    private(set) var topicErrors: [String: ErrorCode] = [:]
    /// Why the last question was refused, if it was.
    private(set) var refusal: ClientError?
    /// Topics this client uses.
    private var wanted: Set<String> = []
    private let endpointType: ClientConfiguration.EndpointType
    private let maxAge: Duration
    private let patience: Duration
    private let backoff: Backoff
    var createsTopics = false
    /// Whether the client wants to know all topics there are.
    var wantsAll = false {
        didSet {
            if wantsAll, !oldValue {
                isAllKnown = false
                requestUpdate()
            }
        }
    }
    /// Whether an answer to a question for all topics has come.
    private(set) var isAllKnown = false
    private var isAllAsked = false

    private enum Refresh: Hashable, Sendable {
        /// Fresh until then.
        case idle(until: Instant)
        case due(notBefore: Instant)
        /// Asked at that time; asked again, of somebody else, when patience is over.
        case underWay(isStale: Bool, since: Instant)
    }
    private var refresh: Refresh = .due(notBefore: .zero)
    private var fruitless = 0

    init(_ configuration: ClientConfiguration) {
        endpointType = configuration.endpointType
        maxAge = configuration.metadataMaxAge
        patience = configuration.patience
        // Not the longest pause there is: what is asked most urgently is who leads after a failure, and an
        // election takes well under a second.
        let longest = min(configuration.retryBackoff * 2, configuration.retryBackoffMax)
        backoff = Backoff(first: configuration.retryBackoff, most: longest)
    }

    /// Whether an answer has come.
    var isKnown: Bool { clusterID != nil || !nodes.isEmpty }

    func partition(_ partition: TopicPartition) -> PartitionView? {
        guard let topic = topics[partition.topic] else { return nil }
        return topic.view(of: partition.partition)
    }

    // MARK: When to ask

    /// The topic is used from now on.
    mutating func want(_ topic: String) {
        guard wanted.insert(topic).inserted, topics[topic] == nil else { return }
        requestUpdate()
    }

    /// The topic is not used any more.
    mutating func forget(_ topic: String) { wanted.remove(topic) }

    /// The layout was found wrong.
    mutating func requestUpdate() {
        switch refresh {
        case .idle: refresh = .due(notBefore: fruitless == 0 ? .zero : lastFailurePause)
        case .due: break
        case .underWay(_, let since): refresh = .underWay(isStale: true, since: since)
        }
    }
    private var lastFailurePause: Instant = .zero

    /// Whether a question should be asked now.
    func isRefreshDue(now: Instant) -> Bool { now >= nextRefresh }

    /// When the next question is due.
    var nextRefresh: Instant {
        switch refresh {
        case .idle(let until): until
        case .due(let notBefore): notBefore
        case .underWay(_, let since): since + patience
        }
    }

    /// The question, from the moment it is asked.
    mutating func ask(now: Instant) -> OutgoingRequest {
        refresh = .underWay(isStale: false, since: now)
        switch endpointType {
        case .controllers:
            var request = DescribeClusterRequest()
            request.endpointType = 2
            return OutgoingRequest(request, versions: 1...2)
        case .brokers:
            var request = MetadataRequest()
            isAllAsked = wantsAll
            if wantsAll {
                request.topics = nil
                request.allowAutoTopicCreation = false
                return OutgoingRequest(
                    request, versions: 4...MetadataRequest.validVersions.upperBound)
            }
            request.topics = wanted.sorted().map { name in
                var topic = MetadataRequest.MetadataRequestTopic()
                topic.name = name
                return topic
            }
            request.allowAutoTopicCreation = createsTopics
            // Version 4 is the first in which a client can ask not to make topics.
            return OutgoingRequest(request, versions: 4...MetadataRequest.validVersions.upperBound)
        }
    }

    /// No answer came.
    mutating func askFailed(now: Instant, random: inout PRNG) {
        fruitless += 1
        let next = now + backoff.pause(after: fruitless, using: &random)
        lastFailurePause = next
        refresh = .due(notBefore: next)
    }
}

// MARK: - Answers

extension MetadataCache {
    /// Takes an answer over. Returns false if it asks to begin at the configured servers again.
    mutating func received(
        _ answer: MetadataResponse, now: Instant, random: inout PRNG
    ) -> Bool {
        if answer.errorCode == .rebootstrapRequired {
            askFailed(now: now, random: &random)
            return false
        }
        refusal = nil
        clusterID = answer.clusterID ?? clusterID
        controllerID = BrokerID(answer.controllerID)
        replaceNodes(answer.brokers.map { ($0.nodeID, $0.host, $0.port) })
        racks = [:]
        for broker in answer.brokers { racks[BrokerID(broker.nodeID)] = broker.rack }
        var isComplete = true
        if isAllAsked { forgetAbsent(answer) }
        for topic in answer.topics {
            guard let name = topic.name else { continue }
            isComplete = take(topic, named: name) && isComplete
        }
        settle(isComplete: isComplete, now: now, random: &random)
        return true
    }

    /// Topics that an answer for all topics does not name are gone.
    private mutating func forgetAbsent(_ answer: MetadataResponse) {
        isAllKnown = true
        let present = Set(answer.topics.compactMap(\.name))
        for name in topics.keys.filter({ !present.contains($0) }).sorted() { drop(name) }
        for name in wanted.sorted() where !present.contains(name) {
            topicErrors[name] = .unknownTopicOrPartition
        }
    }

    /// The controllers' form of the same.
    mutating func received(
        _ answer: DescribeClusterResponse, now: Instant, random: inout PRNG
    ) {
        guard answer.errorCode == .none else {
            refusal = .refused(answer.errorCode, message: answer.errorMessage)
            askFailed(now: now, random: &random)
            return
        }
        refusal = nil
        clusterID = answer.clusterID
        controllerID = BrokerID(answer.controllerID)
        replaceNodes(answer.brokers.map { ($0.brokerID, $0.host, $0.port) })
        settle(isComplete: controllerID != .none, now: now, random: &random)
    }

    private mutating func replaceNodes(_ list: [(Int32, String, Int32)]) {
        nodes = list.compactMap { id, host, port in
            guard let port = UInt16(exactly: port), port > 0, !host.isEmpty else { return nil }
            return (BrokerID(id), ServerAddress(host: host, port: port))
        }
        nodes.sort { $0.id < $1.id }
    }

    /// Returns whether nothing is left to ask about the topic.
    private mutating func take(
        _ answer: MetadataResponse.MetadataResponseTopic, named name: String
    ) -> Bool {
        guard answer.errorCode == .none else {
            topicErrors[name] = answer.errorCode
            if answer.errorCode == .unknownTopicOrPartition { drop(name) }
            return answer.errorCode.advice == .fail
        }
        topicErrors[name] = nil
        let id = TopicID(answer.topicID)
        var partitions: [PartitionView] = []
        for entry in answer.partitions.sorted(by: { $0.partitionIndex < $1.partitionIndex }) {
            // A gap would make positions and numbers differ; no server sends one.
            guard entry.partitionIndex == Int32(partitions.count) else { return false }
            let hasLeader = entry.errorCode == .none && entry.leaderID >= 0
            partitions.append(
                PartitionView(
                    partition: entry.partitionIndex,
                    leader: hasLeader ? BrokerID(entry.leaderID) : .none,
                    leaderEpoch: LeaderEpoch(entry.leaderEpoch),
                    replicas: entry.replicaNodes.map { BrokerID($0) },
                    inSync: entry.isrNodes.map { BrokerID($0) }))
        }
        if let known = topics[name], known.id == id { keepNewer(&partitions, than: known) }
        drop(name)
        topics[name] = TopicView(
            name: name, id: id, isInternal: answer.isInternal, partitions: partitions)
        if id != .zero { names[id] = name }
        return partitions.allSatisfy { $0.leader != .none }
    }

    /// An answer from a server that is behind does not undo what is known of a newer leadership (KIP-320).
    private func keepNewer(_ partitions: inout [PartitionView], than known: TopicView) {
        for index in partitions.indices where index < known.partitions.count {
            let before = known.partitions[index]
            guard before.leaderEpoch > partitions[index].leaderEpoch else { continue }
            guard partitions[index].leaderEpoch != .none else { continue }
            partitions[index].leader = before.leader
            partitions[index].leaderEpoch = before.leaderEpoch
        }
    }

    private mutating func drop(_ name: String) {
        guard let old = topics.removeValue(forKey: name) else { return }
        if names[old.id] == name { names[old.id] = nil }
    }

    private mutating func settle(isComplete: Bool, now: Instant, random: inout PRNG) {
        var isStale = false
        if case .underWay(isStale: true, _) = refresh { isStale = true }
        guard isComplete, !isStale else {
            fruitless += 1
            let next = now + backoff.pause(after: fruitless, using: &random)
            lastFailurePause = next
            refresh = .due(notBefore: next)
            return
        }
        fruitless = 0
        lastFailurePause = now + backoff.first
        refresh = .idle(until: now + maxAge)
    }

    /// A leader told who follows it (KIP-951). Returns whether that was news.
    mutating func leaderChanged(
        of partition: TopicPartition, to leader: BrokerID, epoch: LeaderEpoch
    ) -> Bool {
        guard let view = self.partition(partition), epoch > view.leaderEpoch, leader != .none else {
            return false
        }
        guard nodes.contains(where: { $0.id == leader }) else { return false }
        topics[partition.topic]?.partitions[Int(partition.partition)].leader = leader
        topics[partition.topic]?.partitions[Int(partition.partition)].leaderEpoch = epoch
        return true
    }

    /// Nodes that an answer named beside the news of their leadership (KIP-951).
    mutating func learned(_ id: BrokerID, at address: ServerAddress) {
        if let index = nodes.firstIndex(where: { $0.id == id }) {
            nodes[index].address = address
        } else {
            nodes.append((id, address))
            nodes.sort { $0.id < $1.id }
        }
    }
}

extension TopicView {
    /// What is known of partition `number`.
    func view(of number: Int32) -> PartitionView? {
        guard number >= 0, Int(number) < partitions.count else { return nil }
        return partitions[Int(number)]
    }
}
