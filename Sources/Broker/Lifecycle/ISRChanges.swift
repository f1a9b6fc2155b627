internal import Configuration
internal import Model
internal import Ports
internal import Replication
internal import Telemetry
internal import WireMessages

/// Carries the leaders' ISR changes to the controller (KIP-497): all that are wanted in one turn go in one
/// AlterPartition, one request at a time. Lives on the metadata loop.
final class ISRChanges {
    static let version: Int16 = 3
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
        guard brokerEpoch != .none else {
            fail(&waiting)
            return
        }
        isInFlight = true
        let sent = waiting
        waiting = []
        channel.send(request(for: sent), version: Self.version, timeout: .seconds(5)) {
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
            deliver(response, to: sent)
            if !waiting.isEmpty { arm() }
        case .success(let response):
            retry(sent, cause: response.errorCode.name)
        case .failure(let error):
            retry(sent, cause: "\(error)")
        }
    }

    private func retry(_ sent: [ISRProposal], cause: String) {
        node.log.write(.info, "isrChangeNotSent", peer: "controller", ["cause": cause])
        // The leaders propose again if they still want to: their state may have changed meanwhile.
        var sent = sent
        loop.arm(at: loop.now + Self.retryPause) { [weak self] in self?.fail(&sent) }
        if !waiting.isEmpty { arm(at: loop.now + Self.retryPause) }
    }

    private func fail(_ proposals: inout [ISRProposal]) {
        for proposal in proposals { answer(proposal, state: nil) }
        proposals = []
    }

    private func answer(_ proposal: ISRProposal, state: AssignedState?) {
        shards[proposal.shard].run { $0.proposalAnswered(proposal, state: state) }
    }

    private func deliver(_ response: AlterPartitionResponse, to sent: [ISRProposal]) {
        var answers: [PartitionKey: AlterPartitionResponse.PartitionData] = [:]
        for topic in response.topics {
            for partition in topic.partitions {
                answers[PartitionKey(TopicID(topic.topicID), partition.partitionIndex)] = partition
            }
        }
        for proposal in sent {
            guard let data = answers[proposal.key], data.errorCode == .none else {
                let cause = answers[proposal.key]?.errorCode ?? .unknownServerError
                node.log.info(
                    "isrChangeRefused", ["partition": proposal.key, "cause": cause])
                answer(proposal, state: nil)
                continue
            }
            let state = AssignedState(
                leader: BrokerID(data.leaderID), leaderEpoch: LeaderEpoch(data.leaderEpoch),
                partitionEpoch: PartitionEpoch(data.partitionEpoch), replicas: [],
                inSyncReplicas: data.isr.map { BrokerID($0) },
                isRecovering: data.leaderRecoveryState == 1)
            answer(proposal, state: state)
        }
    }
}
