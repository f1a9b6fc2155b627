internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Wire
internal import WireMessages

/// What the next fetch asks for: in a session, only what is news.
extension ReplicaFetcher {
    func nextRequest() -> FetchRequest {
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

    /// How long a partition that is throttled, or being repaired, is left out before it is looked at again.
    private static let quotaPause = Duration.milliseconds(100)

    /// Leaves a partition out of the session, and takes it in again later.
    private func leaveOut(_ key: PartitionKey, for pause: Duration) {
        if members[key]?.isTold == true {
            members[key]?.isTold = false
            forgotten.append(key)
        }
        shard.loop.arm(at: shard.loop.now + pause) { [weak self] in
            self?.markChanged(key)
            self?.pumpSoon()
        }
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
        guard !partition.isHeldBack, !partition.isBeingFilled else {
            leaveOut(key, for: Self.quotaPause)
            return nil
        }
        guard !partition.isHeld else {
            // Told again when that is over; until then an answer would not be appended.
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
        // Consumers read here: what is committed must be known without waiting for the next record.
        if shard.node.configuration.sendsConsumersNear {
            asked.highWatermark = follower.highWatermark.rawValue
        }
        return asked
    }
}
