internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Telemetry
internal import Wire
internal import WireMessages

/// What became of a fetch: records, truncations, and errors of one partition or of all.
extension ReplicaFetcher {
    func answered(_ result: Result<FetchResponse, PeerError>, to number: UInt64) {
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
    func failed(_ cause: String) {
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

    func pause() {
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
        if partition.isThrottledFollower, !records.isEmpty {
            shard.node.followerQuota.copied(records.count, at: shard.loop.now)
        }
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
        connection.send(request, versions: 4...9, timeout: .seconds(30)) { [weak self] result in
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
