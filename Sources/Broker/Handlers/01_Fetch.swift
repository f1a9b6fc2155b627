internal import Bytes
internal import Metadata
internal import Model
internal import Ports
internal import Wire
internal import WireMessages

/// Fetch from a broker, v4 to v18 (KIP-74, 227, 320, 392, 516, 595, 903, 951, 1166). Followers fetch through
/// it too. Not supported: tiered storage.
enum FetchHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: FetchRequest = try scope.request()
        let shard = scope.shard
        let version = scope.exchange.version
        let reader = FetchReader(
            request, version: version, listener: scope.exchange.listener.name)
        let terms = FetchTerms(
            reader: reader, minBytes: Int(request.minBytes),
            maxBytes: min(Int(max(request.maxBytes, 0)), shard.fetchMaxBytes),
            deadline: shard.loop.now + .milliseconds(max(Int64(request.maxWaitMs), 0)))
        switch shard.useSession(request, version: version, by: reader) {
        case .refused(let error):
            scope.exchange.respond(
                pieces: FetchResponseRenderer.render(
                    version: version, correlationID: scope.exchange.header.correlationID,
                    error: error, sessionID: 0, topics: [], nodes: []))
        case .granted(let use): begin(scope, use, terms)
        case .quiet(let use, let standing): begin(scope, use, terms, after: standing)
        }
    }

    /// - Parameter standing: what the session's last fetch has left, to wait with; what the session follows is
    ///   looked up when something happens.
    private static func begin(
        _ scope: RequestScope, _ granted: FetchSessionUse, _ terms: FetchTerms,
        after standing: StandingWatches? = nil
    ) {
        let (exchange, shard) = (scope.exchange, scope.shard)
        let isFollower = terms.reader.isFollower
        if isFollower { scope.connection?.servesFollower = true }
        var use = granted
        let operation = FetchOperation(home: shard, terms: terms) {
            if standing != nil { use = shard.use(ofSession: use.sessionID) }
            return plan(use, shard)
        } finish: { outcome in
            answer(exchange, shard, use, outcome, isFollower: isFollower)
        }
        if let standing { operation.begin(with: standing) } else { operation.begin() }
        if !operation.isAnswered { scope.connection?.park(operation) }
    }

    private static func plan(_ use: FetchSessionUse, _ shard: Shard) -> FetchPlan {
        var answers = [FetchAnswer](repeating: FetchAnswer(), count: use.targets.count)
        var found: [FetchPart] = []
        for (index, target) in use.targets.enumerated() {
            switch shard.resolve(target.key) {
            case .success(let key):
                found.append(FetchPart(index: index, key: key, target: target))
            case .failure(let refusal):
                answers[index] = .failure(refusal.error)
            }
        }
        // The others first: they work while this loop does.
        let parts = shard.node.byShard(found, \.key)
        return FetchPlan(
            partsByShard: parts.filter { $0.shard != shard.index }
                + parts.filter { $0.shard == shard.index }, answers: answers)
    }

    private static func answer(
        _ exchange: Exchange, _ shard: Shard, _ use: FetchSessionUse, _ outcome: FetchOutcome,
        isFollower: Bool
    ) {
        let image = shard.image
        var leaders = LeaderEndpoints(image: image, listener: exchange.listener.name)
        var topics: [FetchResponseRenderer.Topic] = []
        var positions: [TopicReference: Int] = [:]
        for (index, answer) in (outcome.answers ?? []).enumerated() {
            let target = use.targets[index]
            guard shard.tell(answer, of: index, in: use) else { continue }
            leaders.note(answer.currentLeader)
            if answer.recordBytes > 0, case .success(let key) = shard.resolve(target.key),
                let topic = image.topic(key.topicID)
            {
                shard.metrics.read(
                    topic: topic.name, bytes: answer.recordBytes, isFollower: isFollower)
            }
            let entry = (index: target.key.partition, answer: answer)
            if let position = positions[target.key.topic] {
                topics[position].partitions.append(entry)
            } else {
                positions[target.key.topic] = topics.count
                topics.append(.init(reference: target.key.topic, partitions: [entry]))
            }
        }
        if let standing = outcome.standing { shard.leave(standing, in: use.sessionID) }
        let nodes = leaders.found.map {
            FetchResponseRenderer.Node(id: $0.id, host: $0.host, port: $0.port, rack: $0.rack)
        }
        exchange.respond(
            pieces: FetchResponseRenderer.render(
                version: exchange.version, correlationID: exchange.header.correlationID,
                error: .none, sessionID: use.sessionID, topics: topics, nodes: nodes))
    }
}

extension FetchReader {
    /// A replica id of -2, which debugging tools send, reads from any replica.
    init(_ request: FetchRequest, version: Int16, listener: String) {
        let replica = version >= 15 ? request.replicaState.replicaID : request.replicaID
        if replica >= 0 {
            self = .follower(BrokerID(replica), BrokerEpoch(request.replicaState.replicaEpoch))
        } else {
            let isTool = replica == -2
            let place = ClientPlace(rack: request.rackID, listener: listener, isTool: isTool)
            self = .consumer(
                readCommitted: request.isolationLevel == 1,
                at: version >= 11 || isTool ? place : nil)
        }
    }
}
