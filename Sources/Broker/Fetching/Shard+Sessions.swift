internal import Configuration
internal import Metadata
internal import Model
internal import Ports
internal import Telemetry
internal import WireMessages

/// The partitions one fetch request is about, and the session it belongs to.
struct FetchSessionUse {
    /// 0 if there is none.
    let sessionID: Int32
    /// Whether only news are answered.
    let isIncremental: Bool
    let targets: [FetchTarget]
    /// For each target its position in the session; empty without a session.
    let positions: [Int]

    /// No partition of a session.
    static func nothing(of sessionID: Int32) -> FetchSessionUse {
        FetchSessionUse(sessionID: sessionID, isIncremental: true, targets: [], positions: [])
    }
}

/// Why a partition that a request names cannot be found.
struct UnresolvedPartition: Error {
    let error: ErrorCode
}

extension Shard {
    enum SessionVerdict {
        case granted(FetchSessionUse)
        /// The request brings no news to a session of which there was nothing to tell.
        case quiet(FetchSessionUse, StandingWatches)
        case refused(ErrorCode)
    }

    /// Finds, opens or closes the session a request names (KIP-227).
    func useSession(
        _ request: FetchRequest, version: Int16, by reader: FetchReader
    ) -> SessionVerdict {
        let asked = Self.targets(of: request, version: version)
        guard version >= 7, request.sessionEpoch != -1 || request.sessionID != 0 else {
            return .granted(Self.sessionless(asked))
        }
        if request.sessionEpoch == -1 {
            sessions.remove(request.sessionID)
            noteSessions()
            return .granted(Self.sessionless(asked))
        }
        if request.sessionEpoch == 0 {
            if request.sessionID != 0 { sessions.remove(request.sessionID) }
            return .granted(
                open(asked, usesTopicIDs: version >= 13, isFollower: reader.isFollower))
        }
        return advance(request, asked, version: version, by: reader)
    }

    private static func sessionless(_ targets: [FetchTarget]) -> FetchSessionUse {
        FetchSessionUse(sessionID: 0, isIncremental: false, targets: targets, positions: [])
    }

    private func open(
        _ targets: [FetchTarget], usesTopicIDs: Bool, isFollower: Bool
    ) -> FetchSessionUse {
        guard !targets.isEmpty,
            let id = sessions.open(
                isFollower: isFollower, usesTopicIDs: usesTopicIDs, now: loop.now,
                chance: { node.world.entropy.next() })
        else { return Self.sessionless(targets) }
        for target in targets { sessions[id]?.update(target) }
        noteSessions()
        let opened = sessions[id]?.targets ?? []
        return FetchSessionUse(
            sessionID: id, isIncremental: false, targets: opened,
            positions: Array(opened.indices))
    }

    private func advance(
        _ request: FetchRequest, _ asked: [FetchTarget], version: Int16, by reader: FetchReader
    ) -> SessionVerdict {
        let id = request.sessionID
        guard let session = sessions[id] else { return .refused(.fetchSessionIdNotFound) }
        guard session.epoch == request.sessionEpoch else {
            return .refused(.invalidFetchSessionEpoch)
        }
        guard session.usesTopicIDs == (version >= 13) else {
            return .refused(.fetchSessionTopicIdError)
        }
        sessions[id]?.advanceEpoch()
        sessions[id]?.lastUsed = loop.now
        let standing = session.standing
        sessions[id]?.standing = nil
        if let standing {
            if mayGoOn(with: standing, request, reader) {
                return .quiet(.nothing(of: id), standing)
            }
            standing.cancel()
        }
        for topic in request.forgottenTopicsData {
            for partition in topic.partitions {
                let reference: TopicReference =
                    version >= 13 ? .id(TopicID(topic.topicID)) : .name(topic.topic)
                sessions[id]?.forget(FetchKey(topic: reference, partition: partition))
            }
        }
        for target in asked { sessions[id]?.update(target) }
        guard let current = sessions[id] else { return .refused(.fetchSessionIdNotFound) }
        guard !current.targets.isEmpty else {
            // Nothing is left to follow: the slot is for others, and the answer tells so.
            sessions.remove(id)
            noteSessions()
            return .granted(Self.sessionless(asked))
        }
        noteSessions()
        return .granted(use(of: current))
    }

    private func use(of session: FetchSession) -> FetchSessionUse {
        let order = session.order()
        return FetchSessionUse(
            sessionID: session.id, isIncremental: true,
            targets: order.map { session.targets[$0] }, positions: order)
    }

    /// All that a session follows, for a fetch in it that has to look after all; nothing if it was evicted meanwhile.
    func use(ofSession id: Int32) -> FetchSessionUse {
        sessions[id].map(use(of:)) ?? .nothing(of: id)
    }

    /// Whether a fetch that brings no news may wait with what the one before it has left.
    private func mayGoOn(
        with standing: StandingWatches, _ request: FetchRequest, _ reader: FetchReader
    ) -> Bool {
        let isNews = !request.topics.isEmpty || !request.forgottenTopicsData.isEmpty
        let age = loop.now - standing.readAt
        return !isNews && reader == standing.reader && request.minBytes > 0
            && request.maxWaitMs > 0
            && age < node.configuration.replicaLagTimeMax / StandingWatches.lagShare
    }

    /// A fetch ended without anything to tell: the next one of its session may go on from there.
    func leave(_ standing: StandingWatches, in sessionID: Int32) {
        guard sessionID != 0, sessions[sessionID] != nil else { return standing.cancel() }
        sessions[sessionID]?.standing?.cancel()
        sessions[sessionID]?.standing = standing
    }

    private func noteSessions() {
        metrics.sessions.set(Int64(sessions.count))
    }

    private static func targets(of request: FetchRequest, version: Int16) -> [FetchTarget] {
        var targets: [FetchTarget] = []
        for topic in request.topics {
            let reference: TopicReference =
                version >= 13 ? .id(TopicID(topic.topicID)) : .name(topic.topic)
            for partition in topic.partitions {
                targets.append(
                    FetchTarget(
                        key: FetchKey(topic: reference, partition: partition.partition),
                        fetchOffset: Offset(partition.fetchOffset),
                        maxBytes: Int(max(partition.partitionMaxBytes, 0)),
                        currentLeaderEpoch: LeaderEpoch(partition.currentLeaderEpoch),
                        lastFetchedEpoch: LeaderEpoch(partition.lastFetchedEpoch),
                        logStartOffset: Offset(partition.logStartOffset),
                        knownHighWatermark: Offset(partition.highWatermark)))
            }
        }
        return targets
    }

    /// The partition that a request names.
    func resolve(_ key: FetchKey) -> Result<PartitionKey, UnresolvedPartition> {
        switch key.topic {
        case .id(let id):
            guard image.topic(id) != nil else {
                return .failure(UnresolvedPartition(error: .unknownTopicId))
            }
            return .success(PartitionKey(id, key.partition))
        case .name(let name):
            guard let id = image.topicID(named: name) else {
                return .failure(UnresolvedPartition(error: .unknownTopicOrPartition))
            }
            return .success(PartitionKey(id, key.partition))
        }
    }

    /// Whether the answer for a target goes to the client; within a session it is remembered as told.
    func tell(_ answer: FetchAnswer, of index: Int, in use: FetchSessionUse) -> Bool {
        guard use.sessionID != 0 else { return true }
        let position = use.positions[index]
        // The session may have been evicted, or changed by a request behind this one, meanwhile.
        guard let session = sessions[use.sessionID], position < session.targets.count,
            session.targets[position].key == use.targets[index].key
        else { return true }
        // What was cut may be of no use to the client: its turn is still to come.
        if !answer.records.isEmpty, !answer.isCut { sessions[use.sessionID]?.servedLast(position) }
        let isNews = sessions[use.sessionID]?.tell(answer, at: position) ?? true
        return isNews || !use.isIncremental
    }
}
