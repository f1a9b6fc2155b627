import Bytes
import Coordination
import InternalRecords
import Metadata
import Model

@testable import Groups

extension GroupSettings {
    /// Kafka's defaults, but targets of consumer groups follow each change at once.
    static var prompt: GroupSettings {
        var settings = GroupSettings()
        settings.consumer.assignmentInterval = .zero
        return settings
    }
}

/// A shard with its household in memory: writes are appended at once, and committed at once unless held back.
final class Play {
    var shard: GroupShard
    private(set) var now: Instant
    private(set) var log: [GroupRecord] = []
    /// Groups whose patterns are to be matched.
    private(set) var resolutions: [String] = []
    /// Groups whose targets are to be made away from the loop, and what it takes.
    private(set) var targetsWanted: [String] = []
    var tasks: [TargetTask] = []
    private(set) var replies: [Ticket: GroupReply] = [:]
    private(set) var rebalances: [Rebalance] = []
    /// Writes that wait, while commits are held back.
    private(set) var uncommitted: [GroupWrite] = []
    var holdsCommits = false
    /// The log takes nothing: every write fails with this.
    var failure: ErrorCode?
    private var nextTicket: UInt64 = 0

    /// What is in the log.
    enum Stored {
        case record(GroupRecord, in: ProducerID?)
        case end(ProducerID, isCommit: Bool)
    }
    private(set) var stored: [Stored] = []

    init(
        _ settings: GroupSettings = .prompt, loading log: [Stored] = [],
        at now: Instant = Instant(nanoseconds: 1_000_000_000),
        image: MetadataImage = MetadataImage()
    ) {
        self.now = now
        shard = GroupShard(settings: settings, seed: 1)
        shard.image = image
        stored = log
        for entry in log {
            switch entry {
            case .record(let record, let producer):
                shard.load(record, in: producer)
                self.log.append(record)
            case .end(let producer, let isCommit):
                shard.transactionEnded(producer, isCommit: isCommit)
            }
        }
        perform(shard.loaded(now: now, time: time))
    }

    /// How much the wall clock is ahead of the time that passes.
    var clockOffset = Duration.zero

    var time: Timestamp {
        Timestamp(now.nanoseconds / 1_000_000 + clockOffset.inMilliseconds)
    }

    /// A coordinator that has read this one's log.
    func successor() -> Play {
        Play(shard.settings, loading: stored, at: now, image: shard.image)
    }

    /// The marker of a transaction's end comes into the log.
    @discardableResult
    func end(_ producer: ProducerID, isCommit: Bool) -> [String] {
        stored.append(.end(producer, isCommit: isCommit))
        return shard.transactionEnded(producer, isCommit: isCommit)
    }

    /// The end of a turn: the work on targets begins. Returns how many have begun.
    @discardableResult
    func beginTargets() -> Int {
        let begun = targetsWanted.compactMap { shard.beginTarget(of: $0) }
        targetsWanted = []
        tasks += begun
        return begun.count
    }

    /// The targets that were begun are made, and come back.
    func endTargets() {
        let made = tasks.map { $0.run() }
        tasks = []
        for target in made { perform(shard.targetMade(target, now: now, time: time)) }
    }

    @discardableResult
    func ask(
        _ body: (inout GroupShard, Ticket, Instant, Timestamp) -> [GroupEffect]
    ) -> Ticket {
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        perform(body(&shard, ticket, now, time))
        return ticket
    }

    func perform(_ effects: [GroupEffect]) {
        for effect in effects {
            switch effect {
            case .reply(let ticket, let reply):
                precondition(replies[ticket] == nil, "a request is answered once")
                replies[ticket] = reply
            case .write(let records, let producer, let then):
                if let failure {
                    perform(shard.failed(then, failure, now: now, time: time))
                    continue
                }
                log += records
                stored += records.map { .record($0, in: producer?.id) }
                shard.appended(records, by: producer)
                uncommitted.append(then)
                if !holdsCommits { commitLog() }
            case .makeTarget(let group): targetsWanted.append(group)
            case .resolve(let group): resolutions.append(group)
            case .rebalanced(_, let rebalance):
                rebalances.append(rebalance)
            }
        }
    }

    /// Everything that was appended is committed.
    func commitLog() {
        let ready = uncommitted
        uncommitted = []
        for write in ready { perform(shard.committed(write, now: now, time: time)) }
    }

    /// Time passes, deadline by deadline.
    func pass(_ length: Duration) {
        let end = now + length
        while let next = shard.nextDeadline, next <= end {
            now = max(now, next)
            perform(shard.timePassed(now: now, time: time))
        }
        now = end
    }

    // MARK: What clients do

    func join(
        _ group: String = "g", _ member: String = "", instance: String? = nil,
        protocols: [String] = ["range"], takesMemberID: Bool = true,
        change: (inout JoinRequest) -> Void = { _ in }
    ) -> Ticket {
        var request = JoinRequest(group)
        request.memberID = member
        request.instanceID = instance
        request.client = GroupClient(id: "c", host: "/h")
        request.session = .seconds(10)
        request.rebalance = .seconds(60)
        request.protocolType = "consumer"
        request.protocols = protocols.map { ClassicProtocol($0, Self.subscription(["t"])) }
        request.takesMemberID = takesMemberID
        change(&request)
        let asked = request
        return ask { $0.join(asked, $1, now: $2, time: $3) }
    }

    func sync(
        _ group: String = "g", _ member: String, _ generation: Int32,
        _ assignments: [String: String] = [:]
    ) -> Ticket {
        var request = SyncRequest(group)
        request.member = MemberClaim(member, generation: generation)
        request.assignments = assignments.sorted { $0.key < $1.key }
            .map { ($0.key, SharedBytes(utf8: $0.value)) }
        let asked = request
        return ask { $0.sync(asked, $1, now: $2, time: $3) }
    }

    func heartbeat(
        _ group: String = "g", _ member: String, _ generation: Int32, instance: String? = nil
    ) -> ErrorCode? {
        let claim = MemberClaim(member, instanceID: instance, generation: generation)
        let ticket = ask { $0.heartbeat(group, claim, $1, now: $2, time: $3) }
        guard case .error(let error, _)? = replies[ticket] else { return nil }
        return error
    }

    func commit(
        _ group: String = "g", _ claim: MemberClaim = MemberClaim(""), _ offset: Int64 = 5,
        topic: String = "t", metadata: String = "m"
    ) -> GroupReply? {
        var request = OffsetCommit(group, claim)
        var entry = OffsetEntry(topic: topic, topicID: .zero, partition: 0)
        entry.offset = Offset(offset)
        entry.metadata = metadata
        request.entries = [entry]
        let asked = request
        return replies[ask { $0.commit(asked, $1, now: $2, time: $3) }]
    }

    func joined(_ ticket: Ticket) -> JoinReply? {
        guard case .joined(let reply)? = replies[ticket] else { return nil }
        return reply
    }

    func synced(_ ticket: Ticket) -> SyncReply? {
        guard case .synced(let reply)? = replies[ticket] else { return nil }
        return reply
    }

    /// A group with that many members, stable at generation 1; their ids in order of joining.
    func stable(_ count: Int = 1, group: String = "g") -> [String] {
        let first = (0..<count).map { _ in join(group, takesMemberID: false) }
        pass(.seconds(10))
        let ids = first.compactMap { joined($0)?.memberID }
        for (index, id) in ids.enumerated().reversed() {
            var shares: [String: String] = [:]
            if index == 0 { for other in ids { shares[other] = "to \(other)" } }
            _ = sync(group, id, 1, shares)
        }
        return ids
    }

    static func subscription(_ topics: [String]) -> SharedBytes {
        var writer = ByteWriter(capacity: 64)
        writer.int16(0)
        writer.int32(Int32(topics.count))
        for topic in topics {
            writer.int16(Int16(topic.utf8.count))
            writer.utf8(topic)
        }
        writer.int32(-1)
        return writer.finish()
    }
}
