internal import Configuration
internal import Model
internal import Ports
internal import Replication
internal import Telemetry
internal import WireMessages

/// Carries the leaders' ISR changes to the controller (KIP-497): all that are wanted in one turn go in one
/// AlterPartition, one request at a time. Lives on the metadata loop.
final class ISRChanges {
    /// With broker epochs (KIP-903).
    static let versions: ClosedRange<Int16> = 3...3
    static let retryPause = Duration.milliseconds(50)

    private let node: Node
    private let loop: any Loop
    private let channel: ControllerChannel
    private let shards: [LoopBound<Shard>]
    var brokerEpoch = BrokerEpoch.none
    private var waiting: [ISRProposal] = []
    private var isInFlight = false
    private var isArmed = false

    init(node: Node, channel: ControllerChannel, shards: [LoopBound<Shard>]) {
        self.node = node
        self.channel = channel
        self.shards = shards
        loop = node.world.metadataLoop
    }

    /// Each leader has at most one proposal out, so the list is bounded by the partitions led here.
    func propose(_ proposal: ISRProposal) {
        // A newer leadership's wish takes the place of what an older one still waits to ask again.
        waiting.removeAll { $0.key == proposal.key }
        waiting.append(proposal)
        arm()
    }

    private func arm(at deadline: Instant? = nil) {
        guard !isArmed, !isInFlight else { return }
        isArmed = true
        guard let deadline else {
            loop.atEndOfTurn { [weak self] in self?.send() }
            return
        }
        loop.arm(at: deadline) { [weak self] in self?.send() }
    }

    private func send() {
        isArmed = false
        guard !isInFlight, !waiting.isEmpty else { return }
        isInFlight = true
        let sent = waiting
        waiting = []
        channel.send(request(for: sent), versions: Self.versions, timeout: .seconds(5)) {
            [weak self] in self?.answered($0, sent)
        }
    }

    private func request(for proposals: [ISRProposal]) -> AlterPartitionRequest {
        var request = AlterPartitionRequest()
        request.brokerID = node.configuration.nodeID.rawValue
        request.brokerEpoch = brokerEpoch.rawValue
        var positions: [TopicID: Int] = [:]
        for proposal in proposals {
            let id = proposal.key.topicID
            if positions[id] == nil {
                positions[id] = request.topics.count
                var topic = AlterPartitionRequest.TopicData()
                topic.topicID = id.uuid
                request.topics.append(topic)
            }
            guard let position = positions[id] else { continue }
            request.topics[position].partitions.append(partition(proposal))
        }
        return request
    }

    private func partition(_ proposal: ISRProposal) -> AlterPartitionRequest.PartitionData {
        var data = AlterPartitionRequest.PartitionData()
        data.partitionIndex = proposal.key.partition
        data.leaderEpoch = proposal.change.leaderEpoch.rawValue
        data.partitionEpoch = proposal.change.partitionEpoch.rawValue
        data.leaderRecoveryState = proposal.change.isRecovering ? 1 : 0
        data.newISRWithEpochs = proposal.change.members.map { member in
            var state = AlterPartitionRequest.BrokerState()
            state.brokerID = member.id.rawValue
            let isSelf = member.id == node.configuration.nodeID
            state.brokerEpoch = (isSelf ? brokerEpoch : member.brokerEpoch).rawValue
            return state
        }
        return data
    }

    private func answered(
        _ result: Result<AlterPartitionResponse, PeerError>, _ sent: [ISRProposal]
    ) {
        isInFlight = false
        switch result {
        case .success(let response) where response.errorCode == .none:
            if !waiting.isEmpty { arm() }
            deliver(response, to: sent)
            if !waiting.isEmpty { arm(at: loop.now + Self.retryPause) }
        case .success(let response):
            retry(sent, cause: response.errorCode.name)
        case .failure(let error):
            retry(sent, cause: "\(error)")
        }
    }

    /// Whether the controller has acted on it is unknown, and a leader must go on counting both ISRs: the
    /// same change is asked for again until the controller says what became of it.
    private func retry(_ sent: [ISRProposal], cause: String) {
        node.log.write(.info, "isrChangeNotSent", peer: "controller", ["cause": cause])
        repeatLater(sent)
        if !waiting.isEmpty { arm(at: loop.now + Self.retryPause) }
    }

    private func repeatLater(_ sent: [ISRProposal]) {
        waiting = sent.filter { old in !waiting.contains { $0.key == old.key } } + waiting
    }

    private func answer(_ proposal: ISRProposal, _ verdict: ISRVerdict) {
        shards[proposal.shard].run { $0.proposalAnswered(proposal, verdict) }
    }

    private func deliver(_ response: AlterPartitionResponse, to sent: [ISRProposal]) {
        var answers: [PartitionKey: AlterPartitionResponse.PartitionData] = [:]
        for topic in response.topics {
            for partition in topic.partitions {
                answers[PartitionKey(TopicID(topic.topicID), partition.partitionIndex)] = partition
            }
        }
        for proposal in sent {
            guard let data = answers[proposal.key] else {
                repeatLater([proposal])
                continue
            }
            switch ISRVerdict(data) {
            case .again:
                repeatLater([proposal])
            case let verdict:
                if data.errorCode != .none {
                    node.log.info(
                        "isrChangeRefused", ["partition": proposal.key, "cause": data.errorCode])
                }
                answer(proposal, verdict)
            }
        }
    }
}

/// What the controller's answer to an ISR change means for the leader that asked.
enum ISRVerdict: Equatable, Sendable {
    /// The partition's state after the change.
    case state(AssignedState)
    /// Certainly not made: the ISR known before holds.
    case notMade
    /// The controller has a newer state, in which the change may have been made: until the metadata brings
    /// it, both ISRs count.
    case overtaken
    /// Not looked at: ask again.
    case again

    init(_ data: AlterPartitionResponse.PartitionData) {
        switch data.errorCode {
        case .none:
            self = .state(
                AssignedState(
                    leader: BrokerID(data.leaderID), leaderEpoch: LeaderEpoch(data.leaderEpoch),
                    partitionEpoch: PartitionEpoch(data.partitionEpoch), replicas: [],
                    inSyncReplicas: data.isr.map { BrokerID($0) },
                    isRecovering: data.leaderRecoveryState == 1))
        case .ineligibleReplica, .operationNotAttempted, .invalidRequest:
            self = .notMade
        case .fencedLeaderEpoch, .invalidUpdateVersion, .newLeaderElected, .unknownTopicId,
            .unknownTopicOrPartition:
            self = .overtaken
        default:
            self = .again
        }
    }
}
