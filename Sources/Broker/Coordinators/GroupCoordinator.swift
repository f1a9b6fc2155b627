internal import Configuration
internal import Bytes
internal import Coordination
internal import Groups
internal import InternalRecords
internal import Metadata
internal import Model
internal import Ports
internal import Records
internal import Telemetry
internal import Wire

/// The household of one shard of groups: performs what `GroupShard` decides, for one leadership of a partition of
/// `__consumer_offsets`. Lives on the partition's loop.
///
/// Answers leave when everything they rest on is committed: those of a write with it, others behind the last
/// write of their group.
final class GroupCoordinator {
    /// Requests that may wait at once, in one partition; more are sent away.
    static let waitingMax = 100_000

    private enum State {
        case loading
        case active
        /// The log could not be read.
        case failed
        /// The leadership is over.
        case closed
    }

    /// A request that was not answered yet.
    private struct Asked {
        let group: String
        let answer: (GroupReply) -> Void
    }

    /// What waits until `required` is committed.
    private struct Waiting {
        enum Then {
            case write(GroupWrite)
            case reply(Ticket, GroupReply)
            case run((ErrorCode) -> Void)
        }

        let required: Offset
        let deadline: Instant
        let then: Then
    }

    let key: PartitionKey
    unowned let shard: Shard
    let log: CoordinatorLog
    private(set) var mind: GroupShard
    private var state = State.loading
    /// What was read and is not served yet, and when reading began.
    private var unserved: (read: CoordinatorLog.Loaded, began: Instant)?
    private var asked: [Ticket: Asked] = [:]
    private var nextTicket: UInt64 = 0
    private var waiting: [Waiting] = []
    /// Groups with writes that are not committed, and where the last one ends.
    private var lastWrites: [String: Offset] = [:]
    private var isDrainArmed = false
    private var timer: (id: TimerID, due: Instant)?
    private var commitTimer: TimerID?
    private let commitMax: Duration

    init(_ partition: Partition, epoch: LeaderEpoch, shard: Shard) {
        self.shard = shard
        key = partition.key
        log = CoordinatorLog(partition, epoch: epoch)
        mind = GroupShard(
            settings: GroupSettings(shard.brokerSettings), seed: shard.node.world.entropy.next())
        commitMax = shard.brokerSettings.duration("offsets.commit.timeout.ms")
    }

    var epoch: LeaderEpoch { log.epoch }

    /// Nil if requests are served, else what they are told.
    var refusal: ErrorCode? {
        switch state {
        case .loading: .coordinatorLoadInProgress
        case .active: log.isCurrent ? nil : .notCoordinator
        case .failed, .closed: .notCoordinator
        }
    }

    /// Whether nobody else can have become the coordinator without our knowing.
    var isTrusted: Bool { shard.node.lease.isHeld(at: shard.loop.now) }

    var isLoading: Bool { if case .loading = state { true } else { false } }

    // MARK: Life

    /// Reads the partition, and then serves.
    func load() {
        let began = shard.loop.now
        log.load { [weak self] (entry) throws(DecodeError) in
            switch entry {
            case .record(let record, let transaction):
                guard let key = record.key,
                    let read = try GroupRecord(key: key, value: record.value)
                else { return }
                self?.mind.load(read, in: transaction)
            case .end(let producer, let isCommit):
                self?.mind.transactionEnded(producer, isCommit: isCommit)
            }
        } done: { [weak self] result in
            self?.loaded(result, began: began)
        }
    }

    private func loaded(
        _ result: Result<CoordinatorLog.Loaded, CoordinatorLog.LoadError>, began: Instant
    ) {
        guard case .loading = state else { return }
        switch result {
        case .success(let read):
            unserved = (read, began)
            serveIfCommitted()
        case .failure(.overtaken):
            close()
        case .failure(let error):
            state = .failed
            shard.node.log.error(
                "groupsNotLoaded", ["partition": key.partition, "cause": "\(error)"])
        }
    }

    /// What was loaded is served when it is committed: another leader may not have the end of it, and what was told
    /// of it would go back.
    private func serveIfCommitted() {
        guard let (read, began) = unserved, log.highWatermark >= read.end else { return }
        unserved = nil
        state = .active
        let took = shard.loop.now - began
        shard.groupMetrics.loaded(took: took)
        let census = mind.census
        shard.node.log.info(
            "groupsLoaded",
            [
                "partition": key.partition, "epoch": epoch.rawValue,
                "groups": census.groupCount, "offsets": census.offsets, "bytes": read.bytes,
                "took": took,
            ])
        mind.image = shard.image
        perform(mind.loaded(now: shard.loop.now, time: shard.loop.wallTime))
        metadataChanged(shard.image, topics: nil)
    }

    /// The leadership is over: whoever waits must ask the next coordinator.
    func close() {
        state = .closed
        unserved = nil
        if let timer { shard.loop.disarm(timer.id) }
        if let commitTimer { shard.loop.disarm(commitTimer) }
        timer = nil
        commitTimer = nil
        let left = waiting
        waiting = []
        for entry in left {
            if case .run(let body) = entry.then { body(.notCoordinator) }
        }
        let unanswered = asked.sorted { $0.key < $1.key }
        asked = [:]
        for (_, request) in unanswered { request.answer(.error(.notCoordinator)) }
    }

    /// The broker's settings changed.
    func settingsChanged(_ settings: GroupSettings) { mind.settings = settings }

    /// The metadata has changed, in a way that consumers may see: the named topics, or any of them (nil).
    func metadataChanged(_ image: MetadataImage, topics: [String]?) {
        guard case .active = state, topics?.isEmpty != true else {
            mind.image = image
            return
        }
        perform(
            mind.metadataChanged(
                image, topics: topics, now: shard.loop.now, time: shard.loop.wallTime))
    }

    // MARK: Requests

    /// Asks the mind: `ask` gets the name under which `answer` waits.
    func handle(
        _ group: String, _ answer: @escaping (GroupReply) -> Void,
        _ ask: (inout GroupShard, Ticket, Instant, Timestamp) -> [GroupEffect]
    ) {
        guard asked.count < Self.waitingMax else {
            answer(.error(.coordinatorNotAvailable))
            return
        }
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        asked[ticket] = Asked(group: group, answer: answer)
        perform(ask(&mind, ticket, shard.loop.now, shard.loop.wallTime))
    }

    /// Has the mind handle something that nobody waits for.
    func handle(_ event: (inout GroupShard, Instant, Timestamp) -> [GroupEffect]) {
        guard case .active = state else { return }
        perform(event(&mind, shard.loop.now, shard.loop.wallTime))
    }

    /// What it takes to make the target of `group`, if it is to be made.
    func takeTarget(of group: String) -> TargetTask? {
        guard case .active = state else { return nil }
        return mind.beginTarget(of: group)
    }

    func targetRefused(_ task: TargetTask) {
        shard.node.log.write(
            .warn, "groupTargetRefused", peer: "\(key.partition)", ["group": task.group])
        mind.targetRefused(task)
    }

    /// Runs `body` once everything that is known of `group` is committed (nil: of all groups), with an error if
    /// that is not to be.
    func whenCommitted(_ group: String?, _ body: @escaping (ErrorCode) -> Void) {
        let last = group.map { lastWrites[$0] } ?? lastWrites.values.max()
        guard let required = last, required > log.highWatermark else {
            body(.none)
            return
        }
        wait(for: required, .run(body))
    }

    // MARK: Effects

    private func perform(_ effects: [GroupEffect]) {
        for effect in effects {
            switch effect {
            case .reply(let ticket, let reply): deliver(ticket, reply)
            case .write(let records, let producer, let then): write(records, by: producer, then)
            case .resolve(let group): resolve(group)
            case .makeTarget(let group): makeTarget(group)
            case .rebalanced(let group, let rebalance): report(group, rebalance)
            }
        }
        armTimer()
    }

    private func deliver(_ ticket: Ticket, _ reply: GroupReply) {
        guard let request = asked[ticket] else { return }
        if let last = lastWrites[request.group], last > log.highWatermark {
            wait(for: last, .reply(ticket, reply))
            return
        }
        asked[ticket] = nil
        request.answer(reply)
    }

    private func write(
        _ records: [GroupRecord], by producer: OffsetProducer?, _ then: GroupWrite
    ) {
        guard !records.isEmpty else {
            preconditionFailure("a write has records")
        }
        switch append(records, by: producer) {
        case .success(let required):
            mind.appended(records, by: producer)
            shard.groupMetrics.wrote(records)
            lastWrites[records[0].groupID] = required
            wait(for: required, .write(then))
        case .failure(let error):
            shard.node.log.write(
                .warn, "groupNotWritten", peer: "\(key.partition)",
                ["group": records[0].groupID, "cause": error.code.name])
            perform(
                mind.failed(
                    then, error.code, now: shard.loop.now, time: shard.loop.wallTime))
        }
    }

    private func append(
        _ records: [GroupRecord], by producer: OffsetProducer?
    ) -> Result<Offset, CoordinatorError> {
        do throws(EncodeError) {
            var framed: [(key: SharedBytes, value: SharedBytes?)] = []
            framed.reserveCapacity(records.count)
            for record in records { framed.append(try record.framed()) }
            return log.append(framed, by: producer)
        } catch {
            // A name that is longer than a record can say.
            return .failure(CoordinatorError(.invalidRequest))
        }
    }

    /// The end of a transaction is in the log; what is known of its groups now waits until it is committed.
    func transactionEnded(_ end: TransactionEnd, requiredOffset: Offset) {
        let groups = mind.transactionEnded(end.producerID, isCommit: end.marker.isCommit)
        for group in groups { lastWrites[group] = requiredOffset }
    }

    private func report(_ group: String, _ rebalance: Rebalance) {
        shard.groupMetrics.rebalanced()
        shard.node.log.info(
            "groupRebalanced",
            [
                "group": group, "generation": rebalance.generation,
                "members": rebalance.members, "cause": rebalance.cause.text,
                "member": rebalance.member, "took": rebalance.took,
                "waitedFor": rebalance.waitedFor, "timedOut": rebalance.hasTimedOut,
            ])
    }

    // MARK: Commits

    private func wait(for required: Offset, _ then: Waiting.Then) {
        let entry = Waiting(
            required: required, deadline: shard.loop.now + commitMax, then: then)
        // Mostly at the end; a reader may wait for an earlier write than the last.
        var place = waiting.count
        while place > 0, waiting[place - 1].required > required { place -= 1 }
        waiting.insert(entry, at: place)
        armCommitTimer()
        if required <= log.highWatermark { highWatermarkMoved() }
    }

    /// Called by the partition. What waited goes on at the end of the turn.
    func highWatermarkMoved() {
        guard !isDrainArmed, !waiting.isEmpty || unserved != nil else { return }
        isDrainArmed = true
        shard.loop.atEndOfTurn { [weak self] in self?.drain() }
    }

    private func drain() {
        isDrainArmed = false
        serveIfCommitted()
        guard case .active = state, log.isCurrent else { return }
        let committed = log.highWatermark
        let count = waiting.prefix { $0.required <= committed }.count
        guard count > 0 else { return }
        let ready = waiting.prefix(count)
        waiting.removeFirst(count)
        if waiting.isEmpty {
            lastWrites.removeAll(keepingCapacity: true)
        } else if lastWrites.count > 2 * waiting.count + 64 {
            lastWrites = lastWrites.filter { $0.value > committed }
        }
        for entry in ready {
            switch entry.then {
            case .write(let write):
                perform(
                    mind.committed(write, now: shard.loop.now, time: shard.loop.wallTime))
            case .reply(let ticket, let reply): deliver(ticket, reply)
            case .run(let body): body(.none)
            }
        }
    }

    private func armCommitTimer() {
        guard commitTimer == nil, let first = waiting.map(\.deadline).min() else { return }
        commitTimer = shard.loop.arm(at: first) { [weak self] in
            self?.commitTimer = nil
            self?.giveUp()
        }
    }

    /// Writes that the other replicas do not confirm in time: nobody knows what will become of them.
    private func giveUp() {
        let now = shard.loop.now
        let late = waiting.filter { $0.deadline <= now }
        waiting.removeAll { $0.deadline <= now }
        for entry in late {
            switch entry.then {
            case .write(let write):
                perform(
                    mind.failed(
                        write, .coordinatorNotAvailable, now: now, time: shard.loop.wallTime))
            case .reply(let ticket, _):
                asked.removeValue(forKey: ticket)?.answer(.error(.coordinatorNotAvailable))
            case .run(let body): body(.coordinatorNotAvailable)
            }
        }
        armCommitTimer()
    }

    // MARK: Time

    private func armTimer() {
        guard case .active = state, let next = mind.nextDeadline else { return }
        if let timer {
            guard next < timer.due else { return }
            shard.loop.disarm(timer.id)
        }
        let id = shard.loop.arm(at: next) { [weak self] in
            guard let self else { return }
            self.timer = nil
            self.perform(
                self.mind.timePassed(now: self.shard.loop.now, time: self.shard.loop.wallTime))
        }
        timer = (id, next)
    }
}
