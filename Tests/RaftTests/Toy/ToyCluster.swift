import Bytes
import Model
import Raft
import Testing

/// Several minds on toy disks and a toy network, all in one hand: what is delivered, lost, synced and
/// crashed is decided by the caller. After every step the invariants of raft.md §10 are checked.
struct ToyCluster {
    struct Message {
        enum Content {
            case request(Raft.Request)
            case response(Raft.Response)
        }
        let from: Int
        let to: Int
        let id: Raft.RequestID
        let content: Content
        /// Life of the process that asked: ids begin anew in the next.
        let life: Int
    }

    struct Asked {
        let from: Int
        let id: Raft.RequestID
        let life: Int
    }

    var nodes: [ToyNode] = []
    var network: [Message] = []
    var now = Instant(nanoseconds: 1_000_000_000)
    var lives: [Int] = []
    /// Directed links that lose everything.
    var cut: Set<[Int]> = []
    private var asked: [UInt64: Asked] = [:]
    private var nextToken: UInt64 = 0
    private var seed: UInt64
    var check = ToyChecker()
    /// Levels of kraft.version that a node supports, where that is not all.
    var supported: [Int: ClosedRange<Int16>] = [:]
    /// Nodes whose disks take nothing.
    var full: Set<Int> = []
    /// What operators were answered, by their tokens.
    var answers: [UInt64: Raft.Response.ChangeResponse] = [:]
    /// What happened, for scenarios.
    var transcript: [String] = []

    /// - Parameter joiners: how many of the observers are controllers, which may become voters.
    init(
        voters: Int, observers: Int = 0, joiners: Int = 0, isDynamic: Bool = false,
        joinsByItself: Bool = false, seed: UInt64
    ) {
        self.seed = seed
        let set = VoterSet(
            (1...voters).map { Self.voter($0, isDynamic ? Self.directory($0) : .unassigned) })
        for number in 1...(voters + observers) {
            var configuration = Raft.Configuration(
                clusterID: "toy", id: BrokerID(Int32(number)),
                directoryID: Self.directory(number), isController: number <= voters + joiners,
                staticVoters: isDynamic ? .empty : set,
                bootstrapServers: isDynamic
                    ? (1...voters).map { QuorumAddress(host: "n\($0)", port: 9093) } : [],
                endpoints: number <= voters + joiners ? Self.voter(number).endpoints : [],
                listeners: ["CONTROLLER"])
            configuration.joinsByItself = joinsByItself && number > voters
            configuration.fetchBytesMax = 64
            nodes.append(
                ToyNode(
                    id: configuration.id, configuration: configuration,
                    formatted: isDynamic && number <= voters ? set : nil))
            lives.append(0)
        }
    }

    static func directory(_ number: Int) -> DirectoryID {
        DirectoryID(UUID(high: 0xd1, low: UInt64(1000 + number)))
    }

    /// Of a disk that replaced a wiped one.
    static func secondDirectory(_ number: Int) -> DirectoryID {
        DirectoryID(UUID(high: 0xd2, low: UInt64(1000 + number)))
    }

    static func voter(
        _ number: Int, _ directory: DirectoryID? = nil, isMoved: Bool = false
    ) -> VoterSet.Voter {
        let address = QuorumAddress(host: "n\(number)", port: isMoved ? 9193 : 9093)
        return VoterSet.Voter(
            ReplicaKey(BrokerID(Int32(number)), directory ?? Self.directory(number)),
            endpoints: [.init(listener: "CONTROLLER", address: address)])
    }

    // MARK: What can happen

    mutating func start(_ index: Int) {
        seed &+= 0x9e37_79b9
        lives[index] += 1
        nodes[index].start(now: now, seed: seed)
        check.started(nodes[index])
        perform(index)
    }

    mutating func takeToken() -> UInt64 {
        nextToken += 1
        return nextToken
    }

    mutating func crash(_ index: Int, keeping unsynced: Int = 0) {
        nodes[index].crash(keeping: unsynced)
        asked = asked.filter { $0.value.from != index }
        check.crashed(nodes[index])
    }

    mutating func deliver(_ position: Int) {
        let message = network.remove(at: position)
        guard !cut.contains([message.from, message.to]), nodes[message.to].mind != nil else {
            return
        }
        let (now, to) = (now, message.to)
        switch message.content {
        case .request(.features):
            // Answered beside the mind.
            let answer = Raft.Response.FeaturesResponse(
                kraftVersions: supported[to] ?? 0...1,
                takesVotes: nodes[to].configuration.isController)
            network.append(
                Message(
                    from: to, to: message.from, id: message.id,
                    content: .response(.features(answer)), life: message.life))
            return
        case .request(let request):
            nextToken += 1
            let token = Raft.RequestToken(nextToken)
            asked[nextToken] = Asked(from: message.from, id: message.id, life: message.life)
            let wallTime = Timestamp(now.nanoseconds / 1_000_000)
            nodes[to].tell {
                $0.requestReceived(
                    request, token: token, clusterID: "toy", now: now, wallTime: wallTime, &$1)
            }
        case .response(let response):
            guard message.life == lives[to] else { return }
            nodes[to].tell { $0.responseReceived(response, to: message.id, now: now, &$1) }
        }
        perform(to)
    }

    /// The requester learns that its request went nowhere.
    mutating func fail(_ position: Int) {
        let message = network.remove(at: position)
        guard case .request = message.content, message.life == lives[message.from] else { return }
        let now = now
        nodes[message.from].tell { $0.requestFailed(message.id, now: now, &$1) }
        perform(message.from)
    }

    mutating func loseConnection(of index: Int, to peer: Int) {
        let (now, id) = (now, nodes[peer].id)
        nodes[index].tell { $0.connectionLost(to: .replica(id), now: now, &$1) }
        perform(index)
    }

    mutating func finishSync(_ index: Int) {
        nodes[index].finishSync(now: now)
        perform(index)
    }

    mutating func append(_ value: Int64, at index: Int) {
        guard let mind = nodes[index].mind, mind.isLeader else { return }
        let entry = ToyEntry(term: mind.term.rawValue, kind: .data, value: value)
        nodes[index].append([entry], now: now)
        perform(index)
    }

    mutating func tell(_ index: Int, _ event: (inout Raft, Instant, inout [Raft.Effect]) -> Void) {
        let now = now
        nodes[index].tell { event(&$0, now, &$1) }
        perform(index)
    }

    /// A snapshot of everything committed here, and the log before it deleted.
    mutating func snapshot(_ index: Int) {
        let node = nodes[index]
        guard node.mind != nil, node.highWatermark > node.disk.start else { return }
        let end = node.highWatermark
        let id = OffsetAndEpoch(
            offset: Offset(Int64(end)), epoch: LeaderEpoch(node.disk.entries[end - 1].term))
        let bytes = ToyEntry.encode(node.disk.entries.prefix(end))
        nodes[index].disk.snapshots = [id: bytes]
        nodes[index].disk.oldestSnapshot = id
        nodes[index].disk.start = end
        nodes[index].disk.durable = max(end, node.disk.durable)
        if node.disk.durable < end, let mind = node.mind {
            // A snapshot vouches for what it holds only at its next start; here the log is synced first.
            nodes[index].disk.durable = node.disk.entries.count
            nodes[index].tell { [now] in $0.synced(mind.log.syncMark, now: now, &$1) }
        }
        nodes[index].tell { mind, _ in
            mind.snapshotCreated(.init(id: id, bytes: Int64(bytes.count)))
            mind.logStartAdvanced(to: id.offset, oldest: id)
        }
        perform(index)
    }

    /// The earliest deadline of any node that runs.
    var nextDeadline: Instant {
        nodes.compactMap { $0.mind?.nextDeadline(after: now) }.min() ?? .distantFuture
    }

    mutating func advance(to instant: Instant) {
        let before = now
        now = max(now, instant)
        for index in nodes.indices {
            guard let mind = nodes[index].mind, mind.nextDeadline(after: before) <= now else {
                continue
            }
            tell(index) { $0.deadlineReached(now: $1, &$2) }
        }
    }

    // MARK: Effects

    /// Performs what `index` wants, in order. `limit` stops in the middle, as a crash does.
    mutating func perform(_ index: Int, limit: Int = .max) {
        var left = limit
        while left > 0, !nodes[index].pending.isEmpty {
            left -= 1
            perform(nodes[index].pending.removeFirst(), at: index)
        }
        check.verify(nodes)
    }

    private mutating func perform(_ effect: Raft.Effect, at index: Int) {
        let now = now
        if let line = Self.describe(effect) {
            transcript.append("\(nodes[index].id.rawValue) \(line)")
        }
        switch effect {
        case .persist(let state):
            check.persisted(state, over: nodes[index].disk.election, by: nodes[index].id)
            nodes[index].disk.election = state
        case .send(let id, to: _, at: let address, let request):
            guard let number = Int(address.host.dropFirst()) else { return }
            network.append(
                Message(
                    from: index, to: number - 1, id: id, content: .request(request),
                    life: lives[index]))
        case .cancel: break
        case .reply(let token, let response):
            check.replied(response, to: index)
            answer(token, from: index, response)
        case .replyWithRecords(let token, let response, let range, maxBytes: let maxBytes):
            let count = max(1, maxBytes / 13)
            let end = min(Int(range.upperBound.rawValue), Int(range.lowerBound.rawValue) + count)
            let entries = nodes[index].disk.entries[Int(range.lowerBound.rawValue)..<end]
            answer(
                token, from: index,
                .fetch(
                    .init(
                        standing: response.standing, highWatermark: response.highWatermark,
                        logStart: response.logStart,
                        outcome: .records(ToyEntry.encode(entries)))))
        case .replyWithSnapshot(let token, let response, let range):
            guard let bytes = nodes[index].disk.snapshots[response.id] else { return }
            answer(
                token, from: index,
                .fetchSnapshot(
                    .init(
                        standing: response.standing, id: response.id, size: response.size,
                        position: response.position,
                        bytes: bytes[Int(range.lowerBound)..<Int(range.upperBound)])))
        case .appendLeaderChange(let change): append(change, at: index)
        case .appendVoters(let record): append(record, at: index)
        case .appendFetched(let bytes, at: let offset, term: _):
            #expect(Int(offset.rawValue) == nodes[index].disk.entries.count)
            nodes[index].append(ToyEntry.decode(bytes), now: now)
        case .truncate(to: let end):
            check.truncated(nodes[index], to: Int(end.rawValue))
            nodes[index].disk.entries.removeSubrange(Int(end.rawValue)...)
            nodes[index].disk.durable = min(nodes[index].disk.durable, Int(end.rawValue))
        case .beginSnapshot, .abandonSnapshot: nodes[index].download = []
        case .writeSnapshot(_, position: let position, let bytes):
            #expect(Int(position) == nodes[index].download.count)
            nodes[index].download += bytes.array
        case .installSnapshot(let id, size: let size):
            install(id, size: size, at: index)
        case .highWatermarkAdvanced(to: let offset):
            check.advanced(&nodes, index, to: Int(offset.rawValue))
        case .leadershipChanged(let leadership):
            check.believes(leadership, node: nodes[index].id)
        case .report(let report):
            check.reported(report)
        }
    }

    private mutating func append(_ change: Raft.LeaderChange, at index: Int) {
        check.elected(nodes[index], in: change.term)
        let term = change.term.rawValue
        var entries = [ToyEntry(term: term, kind: .leaderChange, value: Int64(index))]
        if let bootstrap = change.bootstrap {
            entries.append(ToyEntry(term: term, kind: .kraftVersion, value: 1))
            entries.append(
                ToyEntry(term: term, kind: .voters, value: ToyEntry.value(bootstrap.voters)))
        }
        nodes[index].append(entries, now: now)
    }

    private mutating func append(_ record: Raft.VotersRecord, at index: Int) {
        check.proposed(record.voters, by: nodes[index])
        if full.contains(index) {
            let now = now
            nodes[index].tell { $0.votersNotAppended(now: now, &$1) }
            return
        }
        let term = nodes[index].mind?.term.rawValue ?? 0
        var entries: [ToyEntry] = []
        if let level = record.kraftVersion {
            entries.append(ToyEntry(term: term, kind: .kraftVersion, value: Int64(level)))
        }
        entries.append(ToyEntry(term: term, kind: .voters, value: ToyEntry.value(record.voters)))
        nodes[index].append(entries, now: now)
    }

    private mutating func install(_ id: OffsetAndEpoch, size: Int64, at index: Int) {
        let now = now
        let bytes = SharedBytes(nodes[index].download)
        #expect(bytes.count == Int(size))
        let entries = ToyEntry.decode(bytes)
        #expect(entries.count == Int(id.offset.rawValue))
        nodes[index].disk.entries = entries
        nodes[index].disk.durable = entries.count
        nodes[index].disk.start = entries.count
        nodes[index].disk.snapshots = [id: bytes]
        nodes[index].disk.oldestSnapshot = id
        let membership = ToyNode.membership(entries)
        nodes[index].tell {
            $0.snapshotInstalled(
                .init(id: id, bytes: size), membership: membership, now: now, &$1)
        }
    }

    private mutating func answer(
        _ token: Raft.RequestToken, from index: Int, _ response: Raft.Response
    ) {
        guard let asked = asked.removeValue(forKey: token.rawValue) else {
            if case .change(let answer) = response { answers[token.rawValue] = answer }
            return
        }
        network.append(
            Message(
                from: index, to: asked.from, id: asked.id, content: .response(response),
                life: asked.life))
    }
}
