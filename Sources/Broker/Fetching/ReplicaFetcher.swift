internal import Bytes
internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Replication
internal import Telemetry
internal import Wire
internal import WireMessages

/// Copies partitions of one leader into one directory of this node, over one connection and one fetch
/// session (KIP-227). Lives on the partitions' loop.
///
/// A cycle: fetch, append what came, wait for the group commit, fetch on. The next fetch leaves only when
/// everything of the last answer is durable, because its offsets are promises. The leader parks a fetch that
/// has nothing to bring; when a partition joins meanwhile, one more fetch is sent behind the parked one,
/// which a Martlet leader then answers at once (and a Kafka leader within `replica.fetch.wait.max.ms`).
final class ReplicaFetcher {
    /// Replica fetches are of this version: topic ids, broker epochs, directory ids.
    static let version: Int16 = 17
    /// A parked fetch, and one behind it.
    static let inFlightMax = 2
    /// Pause after a failed request, or a partition's error.
    static let backoff = Duration.milliseconds(50)
    static let backoffMax = Duration.seconds(1)

    let leader: BrokerID
    private unowned let shard: Shard
    private var connection: PeerConnection?
    private var sessionID: Int32 = 0
    private var sessionEpoch: Int32 = 0
    /// The leader had no session to give: full requests, which wait as others do.
    private var isWithoutSession = false
    private var inFlight = 0
    private var requestNumber: UInt64 = 0
    private var members: [PartitionKey: Member] = [:]
    /// Members whose state must be told to the leader with the next request, in order.
    private var changed: [PartitionKey] = []
    /// Members the session must forget.
    private var forgotten: [PartitionKey] = []
    /// Members that wait for a sync; no request leaves before they are durable.
    private var syncing = 0
    private var failures = 0
    private var isPumpArmed = false
    /// Until then the leader is left alone.
    private var pausedUntil = Instant.zero

    private struct Member {
        let partition: Partition
        var isChanged = false
        var isSyncing = false
        /// In the leader's session.
        var isTold = false
        /// What was told last, and in which request: answers to earlier ones are about another state.
        var toldOffset = Offset.none
        var toldStart = Offset.none
        var toldEpoch = LeaderEpoch.none
        var toldIn = UInt64.max
        var failures = 0
        /// Left out of requests until then.
        var pausedUntil = Instant.zero
    }

    init(leader: BrokerID, shard: Shard) {
        self.leader = leader
        self.shard = shard
    }

    var isEmpty: Bool { members.isEmpty }
    /// Records each member is behind its leader, as last told.
    private var lag: [PartitionKey: Int64] = [:]
    /// Records the farthest follower here is behind.
    var maxLag: Int64 { lag.values.max() ?? 0 }

    // MARK: Members

    func add(_ partition: Partition) {
        var member = Member(partition: partition)
        if let old = members[partition.key] {
            if old.isSyncing { syncing -= 1 }
            member.isTold = old.isTold
        }
        members[partition.key] = member
        markChanged(partition.key)
        pumpSoon()
    }

    func remove(_ key: PartitionKey) {
        guard let member = members.removeValue(forKey: key) else { return }
        if member.isSyncing { syncing -= 1 }
        if member.isTold { forgotten.append(key) }
        lag[key] = nil
        pumpSoon()
    }

    /// The partition's log is durable up to its end, or further than before.
    func ready(_ partition: Partition) {
        guard let member = members[partition.key], member.partition === partition else { return }
        guard member.isSyncing, partition.follower.map({ $0.acknowledgedEnd == $0.logEnd }) == true
        else { return }
        members[partition.key]?.isSyncing = false
        syncing -= 1
        markChanged(partition.key)
        pumpSoon()
    }

    /// The partition's log was cut: its fetch position is another.
    func again(_ partition: Partition) {
        guard members[partition.key]?.partition === partition else { return }
        markChanged(partition.key)
        pumpSoon()
    }

    private func markChanged(_ key: PartitionKey) {
        guard let member = members[key], !member.isChanged else { return }
        members[key]?.isChanged = true
        changed.append(key)
    }

    /// The leader's registration changed: it may be at another address, or back.
    func leaderChanged() {
        if let connection, let endpoint = leaderEndpoint,
            connection.host != endpoint.host || connection.port != endpoint.port
        {
            failed("the leader moved to \(endpoint)")
        }
        pausedUntil = .zero
        failures = 0
        pumpSoon()
    }

    private var leaderEndpoint: Endpoint? {
        shard.image.broker(leader)?.endpoint(of: shard.node.configuration.interBrokerListener)
    }

    // MARK: Requests

    /// Gathers what happens in this turn into one request.
    func pumpSoon() {
        guard !isPumpArmed else { return }
        isPumpArmed = true
        shard.loop.atEndOfTurn { [weak self] in
            self?.isPumpArmed = false
            self?.pump()
        }
    }

    private func pump() {
        guard syncing == 0, inFlight < Self.inFlightMax, shard.brokerEpoch != .none else { return }
        guard shard.loop.now >= pausedUntil else { return }
        // The second request only carries news; the first may be empty, to go on listening.
        guard inFlight == 0 || !changed.isEmpty else { return }
        // A session is opened by one request alone: two would open two, and split the members.
        guard inFlight == 0 || sessionID != 0 else { return }
        guard !members.isEmpty || !forgotten.isEmpty else { return }
        guard let connection = connectionToLeader() else {
            pause()
            return
        }
        requestNumber += 1
        let number = requestNumber
        let request = nextRequest()
        // With nobody to listen for the leader answers at once: no reason to ask.
        let isNews = !request.topics.isEmpty || !request.forgottenTopicsData.isEmpty
        guard isNews || (sessionID != 0 && members.values.contains { $0.isTold }) else {
            takeBackEpoch()
            return
        }
        inFlight += 1
        let wait = shard.node.configuration.replicaFetchWaitMax
        connection.send(request, version: Self.version, timeout: wait + .seconds(30)) {
            [weak self] result in
            self?.answered(result, to: number)
        }
    }

    /// The request just made is not sent: its epoch is the next one's.
    private func takeBackEpoch() {
        guard sessionID != 0 else { return }
        sessionEpoch = sessionEpoch == 1 ? .max : sessionEpoch - 1
    }

    private func connectionToLeader() -> PeerConnection? {
        if let connection { return connection }
        guard let endpoint = leaderEndpoint else { return nil }
        connection = PeerConnection(
            host: endpoint.host, port: endpoint.port,
            clientID: "broker-\(shard.nodeID.rawValue)-fetcher-\(shard.index)", loop: shard.loop,
            transport: shard.node.world.transport)
        return connection
    }

    private func nextRequest() -> FetchRequest {
        let configuration = shard.node.configuration
        var request = FetchRequest()
        request.replicaState.replicaID = shard.nodeID.rawValue
        request.replicaState.replicaEpoch = shard.brokerEpoch.rawValue
        // What opens a session is answered at once, so that members who join meanwhile do not wait.
        let wait = sessionID == 0 && !isWithoutSession ? .zero : configuration.replicaFetchWaitMax
        request.maxWaitMs = Int32(wait.inMilliseconds)
        request.minBytes = 1
        request.maxBytes = Int32(clamping: configuration.replicaFetchResponseMaxBytes)
        request.sessionID = sessionID
        request.sessionEpoch = sessionEpoch
        if sessionID != 0 { sessionEpoch = sessionEpoch == .max ? 1 : sessionEpoch + 1 }
        let keys = sessionID == 0 ? fullKeys() : changed
        changed = []
        var topics: [TopicID: Int] = [:]
        for key in keys {
            // A member that left and came back stands in the list twice.
            guard members[key]?.isChanged == true || sessionID == 0 else { continue }
            guard let asked = ask(key) else { continue }
            if let position = topics[key.topicID] {
                request.topics[position].partitions.append(asked)
            } else {
                topics[key.topicID] = request.topics.count
                var topic = FetchRequest.FetchTopic()
                topic.topicID = key.topicID.uuid
                topic.partitions = [asked]
                request.topics.append(topic)
            }
        }
        if sessionID != 0 {
            // One that is back is told above: a Kafka leader forgets last.
            for key in forgotten where members[key]?.isTold != true {
                var topic = FetchRequest.ForgottenTopic()
                topic.topicID = key.topicID.uuid
                topic.partitions = [key.partition]
                request.forgottenTopicsData.append(topic)
            }
        }
        forgotten = []
        return request
    }

    /// All members by name, so that a full request does not depend on hash order.
    private func fullKeys() -> [PartitionKey] {
        for key in changed { members[key]?.isChanged = false }
        return members.values.sorted { $0.partition.name < $1.partition.name }
            .map(\.partition.key)
    }

    private func ask(_ key: PartitionKey) -> FetchRequest.FetchPartition? {
        guard let member = members[key], !member.isSyncing else { return nil }
        members[key]?.isChanged = false
        let partition = member.partition
        guard let follower = partition.follower else { return nil }
        guard member.pausedUntil <= shard.loop.now else {
            if member.isTold {
                members[key]?.isTold = false
                forgotten.append(key)
            }
            return nil
        }
        guard !partition.log.isRecoveryPointLowered else {
            // Told again when the checkpoint is written; until then an answer would not be appended.
            members[key]?.toldIn = .max
            return nil
        }
        guard follower.acknowledgedEnd == follower.logEnd else {
            // Written before this leadership and not synced yet: ask once it is.
            members[key]?.isSyncing = true
            syncing += 1
            partition.syncIfNeeded()
            return nil
        }
        members[key]?.isTold = true
        members[key]?.toldOffset = follower.logEnd
        members[key]?.toldStart = partition.log.logStartOffset
        members[key]?.toldEpoch = follower.leaderEpoch
        members[key]?.toldIn = requestNumber
        var asked = FetchRequest.FetchPartition()
        asked.partition = key.partition
        asked.currentLeaderEpoch = follower.leaderEpoch.rawValue
        asked.fetchOffset = follower.logEnd.rawValue
        asked.lastFetchedEpoch = (partition.log.latestEpoch ?? .none).rawValue
        asked.logStartOffset = partition.log.logStartOffset.rawValue
        asked.partitionMaxBytes = Int32(
            clamping: shard.node.configuration.replicaFetchMaxBytes)
        return asked
    }

    // MARK: Answers

    private func answered(_ result: Result<FetchResponse, PeerError>, to number: UInt64) {
        inFlight -= 1
        switch result {
        case .failure(let error):
            failed("\(error)")
        case .success(let response) where response.errorCode != .none:
            failed(response.errorCode.name)
        case .success(let response):
            failures = 0
            if sessionID == 0, response.sessionID != 0 {
                sessionID = response.sessionID
                sessionEpoch = 1
            } else if sessionID != 0, response.sessionID == 0 {
                // The leader closed a session that had become empty.
                sessionID = 0
                sessionEpoch = 0
                forgotten = []
            }
            for topic in response.responses {
                for partition in topic.partitions {
                    take(
                        partition,
                        of: PartitionKey(TopicID(topic.topicID), partition.partitionIndex),
                        to: number)
                }
            }
            isWithoutSession = sessionID == 0
            if sessionID == 0 { for key in members.keys { members[key]?.isTold = false } }
            pumpSoon()
        }
    }

    /// The request failed as a whole: everything is asked anew in a new session, after a pause.
    private func failed(_ cause: String) {
        if failures == 0 {
            shard.node.log.info(
                "replicaFetchFailed", ["leader": leader.rawValue, "cause": cause])
        }
        connection?.close()
        connection = nil
        sessionID = 0
        sessionEpoch = 0
        forgotten = []
        for key in members.keys { members[key]?.isTold = false }
        pause()
    }

    private func pause() {
        let shift = min(failures, 5)
        failures += 1
        let pause = min(Self.backoff * (1 << shift), Self.backoffMax)
        pausedUntil = shard.loop.now + pause
        shard.loop.arm(at: pausedUntil) { [weak self] in self?.pumpSoon() }
    }

    private func take(
        _ data: FetchResponse.PartitionData, of key: PartitionKey, to number: UInt64
    ) {
        guard let member = members[key], let follower = member.partition.follower else { return }
        // A partition that changed while the request was under way is asked anew.
        guard member.toldIn <= number, member.toldEpoch == follower.leaderEpoch,
            member.toldOffset == follower.logEnd, !member.isSyncing
        else { return }
        guard data.errorCode == .none else {
            refused(data.errorCode, member.partition)
            return
        }
        members[key]?.failures = 0
        do throws(LogError) {
            if data.divergingEpoch.endOffset >= 0 {
                try member.partition.truncate(
                    divergingEpoch: LeaderEpoch(data.divergingEpoch.epoch),
                    leaderEnd: Offset(data.divergingEpoch.endOffset))
            } else {
                try append(data, to: member.partition)
            }
        } catch {
            failedLocally(error, member.partition)
        }
    }

    private func append(
        _ data: FetchResponse.PartitionData, to partition: Partition
    ) throws(LogError) {
        let records = data.records ?? .empty
        try partition.appendFetched(records)
        partition.leaderToldHighWatermark(
            Offset(data.highWatermark), logStart: Offset(data.logStartOffset))
        lag[partition.key] = max(0, data.highWatermark - partition.log.logEndOffset.rawValue)
        // Somebody may wait for all replicas to begin where the leader does.
        if members[partition.key]?.toldStart != partition.log.logStartOffset {
            markChanged(partition.key)
        }
        guard !records.isEmpty, let follower = partition.follower else { return }
        if follower.acknowledgedEnd == follower.logEnd {
            markChanged(partition.key)
        } else {
            members[partition.key]?.isSyncing = true
            syncing += 1
        }
    }

    private func refused(_ error: ErrorCode, _ partition: Partition) {
        if error == .offsetOutOfRange {
            restart(partition)
            return
        }
        delay(partition.key)
    }

    private func failedLocally(_ error: LogError, _ partition: Partition) {
        shard.node.log.write(
            .warn, "replicaAppendFailed", peer: partition.name.description, ["cause": error])
        switch error {
        case .file where error.isNoSpace:
            partition.storageFailed(error)
            delay(partition.key)
        case .file, .damagedTail, .closed: partition.storageFailed(error)
        default: delay(partition.key)
        }
    }

    /// Leaves a partition out for a while: the leader does not know what we know, or the reverse.
    private func delay(_ key: PartitionKey) {
        guard let member = members[key] else { return }
        let pause = min(Self.backoff * (1 << min(member.failures, 5)), Self.backoffMax)
        let until = shard.loop.now + pause
        members[key]?.failures += 1
        members[key]?.pausedUntil = until
        markChanged(key)
        shard.loop.arm(at: until) { [weak self] in
            self?.markChanged(key)
            self?.pumpSoon()
        }
    }

    /// The leader no longer has what follows our end: begin anew where it begins.
    private func restart(_ partition: Partition) {
        guard let connection, let follower = partition.follower else { return }
        var request = ListOffsetsRequest()
        request.replicaID = shard.nodeID.rawValue
        var topic = ListOffsetsRequest.ListOffsetsTopic()
        topic.name = partition.name.topic
        var asked = ListOffsetsRequest.ListOffsetsPartition()
        asked.partitionIndex = partition.name.partition
        asked.currentLeaderEpoch = follower.leaderEpoch.rawValue
        asked.timestamp = -2
        topic.partitions = [asked]
        request.topics = [topic]
        let epoch = follower.leaderEpoch
        connection.send(request, version: 9, timeout: .seconds(30)) { [weak self] result in
            guard let self, self.members[partition.key]?.partition === partition else { return }
            guard partition.follower?.leaderEpoch == epoch,
                case .success(let response) = result,
                let answer = response.topics.first?.partitions.first, answer.errorCode == .none
            else {
                self.delay(partition.key)
                return
            }
            do throws(LogError) {
                let before = partition.log.logEndOffset
                try partition.restart(at: Offset(answer.offset))
                guard partition.log.logEndOffset != before else {
                    // Out of range at the same end again would go round without a pause.
                    self.delay(partition.key)
                    return
                }
                self.markChanged(partition.key)
                self.pumpSoon()
            } catch {
                self.failedLocally(error, partition)
            }
        }
    }
}
