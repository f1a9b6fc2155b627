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
        case .quiet(let sessionID, let standing): goOn(scope, sessionID, standing, terms)
        }
    }

    private static func begin(_ scope: RequestScope, _ use: FetchSessionUse, _ terms: FetchTerms) {
        let (exchange, shard) = (scope.exchange, scope.shard)
        if terms.reader.isFollower { scope.connection?.servesFollower = true }
        let operation = FetchOperation(home: shard, terms: terms) {
            plan(use, shard)
        } finish: { outcome in
            answer(exchange, shard, use, outcome, isFollower: terms.reader.isFollower)
        }
        operation.begin()
        if !operation.isAnswered { scope.connection?.park(operation) }
    }

    /// Waits with what the session's last fetch has left; what the session follows is looked up when something
    /// happens.
    private static func goOn(
        _ scope: RequestScope, _ sessionID: Int32, _ standing: StandingWatches, _ terms: FetchTerms
    ) {
        let (exchange, shard) = (scope.exchange, scope.shard)
        scope.connection?.servesFollower = true
        var use = FetchSessionUse(
            sessionID: sessionID, isIncremental: true, targets: [], positions: [])
        let operation = FetchOperation(home: shard, terms: terms) {
            use = shard.use(ofSession: sessionID)
            return plan(use, shard)
        } finish: { outcome in
            answer(exchange, shard, use, outcome, isFollower: true)
        }
        operation.begin(with: standing)
        if !operation.isAnswered { scope.connection?.park(operation) }
    }

    private static func plan(_ use: FetchSessionUse, _ shard: Shard) -> FetchPlan {
        var answers = [FetchAnswer](repeating: FetchAnswer(), count: use.targets.count)
        var lists = [[FetchPart]](repeating: [], count: shard.peers.count)
        for (index, target) in use.targets.enumerated() {
            switch shard.resolve(target.key) {
            case .success(let key):
                lists[shard.node.shardIndex(of: key)].append(
                    FetchPart(index: index, key: key, target: target))
            case .failure(let refusal):
                answers[index] = .failure(refusal.error)
            }
        }
        // The others first: they work while this loop does.
        var order = Array(lists.indices)
        order.swapAt(shard.index, order.count - 1)
        let parts = order.filter { !lists[$0].isEmpty }.map { (shard: $0, parts: lists[$0]) }
        return FetchPlan(partsByShard: parts, answers: answers)
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
