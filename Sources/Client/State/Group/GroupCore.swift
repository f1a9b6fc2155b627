internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

/// A consumer's membership in its group: where the coordinator is, how this member joins and stays, which
/// partitions it owns, and what it has committed.
///
/// The membership itself is one of two state machines over the same `phase`: the classic protocol in
/// `GroupCore+Classic`, KIP-848's in `GroupCore+Heartbeats`. Both name a *target*, the partitions to own
/// next; `GroupCore+Ownership` brings the consumer there: partitions to be given up are held, the
/// application finishes what it was handed, offsets are committed, whoever listens is told, and only then
/// are they gone.
///
/// All requests go over a connection of their own, for a coordinator may keep a JoinGroup for minutes. A
/// question carries the `membership` in which it was asked; answers to those of an older one are ignored.
struct GroupCore {
    /// Where the coordinator is.
    enum Coordinator: Hashable, Sendable {
        case unknown(notBefore: Instant)
        case asking(since: Instant)
        case known(BrokerID)
    }

    ///     out ──subscribe──► joining ──► (assigning ──►) syncing ──► stable ──► preparing ──► joining
    ///                           │ failed                                │ (all of it: heartbeats only,
    ///                           └──► waiting ──► joining                │  under KIP-848)
    ///     overdue ──poll──► waiting         any ──unsubscribe──► leaving ──► out     any ──► failed
    enum Phase: Hashable, Sendable {
        /// No member, and not to be one.
        case out
        /// Joins, or sends its next heartbeat as a newcomer, then.
        case waiting(until: Instant)
        /// Gives up what it must not own while it joins.
        case preparing
        case joining
        /// Elected leader: shares out as soon as the layout of all topics is known.
        case assigning
        case syncing
        case stable
        /// The application does not poll; joins again when it does.
        case overdue
        /// Commits and gives up everything, then says goodbye.
        case leaving
        /// The group does not take this member; only a new subscription changes that.
        case failed
    }

    let configuration: GroupConfiguration
    let rack: String
    let isolationLevel: IsolationLevel
    let offsetReset: OffsetReset
    let retry: Backoff
    let patience: Duration
    var random: PRNG

    var coordinator: Coordinator = .unknown(notBefore: .zero)
    var coordinatorFailures = 0
    /// No new question about the coordinator for the sake of an overdue answer before then.
    var nextSuspicion = Instant.zero
    /// Questions to the coordinator that are under way, and since when.
    var underWay: [GroupQuestion: Instant] = [:]
    /// A JoinGroup that nobody wants the answer of blocks the connection.
    var wantsNewConnection = false

    var topics: SubscribedTopics?
    var phase: Phase = .out
    /// Raised whenever answers to what was asked before do not count any more.
    var membership = 0
    var memberID = ""
    /// Generation or member epoch; -1 while there is none, 0 for a newcomer under KIP-848.
    var epoch: Int32 = -1
    var joinFailures = 0
    var nextHeartbeat = Instant.zero

    /// What a classic member knows of its round.
    var round = Round()
    /// What a member under KIP-848 has told and been told.
    var told = Told()

    /// Ascending.
    var owned: [TopicPartition] = []
    var change: Change?
    /// Owned partitions whose committed offset is still to be found.
    var unplaced: Set<TopicPartition> = []
    /// Whether somebody listens to events of the group; then giving up waits for them.
    var isListening = false

    var isPolling = false
    var lastPoll = Instant.zero

    var commits: [Commit] = []
    var commitCount: UInt64 = 0
    var nextAutoCommit = Instant.zero
    var committed: [TopicPartition: Offset] = [:]
    var offsetQuestions: [OffsetQuestion] = []
    var events: [ClientEffect] = []
    /// Why the group cannot be read at all, for whoever polls.
    var failures: [ClientError] = []

    init(
        _ configuration: GroupConfiguration, consumer: ConsumerConfiguration,
        client: ClientConfiguration, random: PRNG
    ) {
        self.configuration = configuration
        self.random = random
        rack = consumer.rack
        isolationLevel = consumer.isolationLevel
        offsetReset = consumer.offsetReset
        retry = Backoff(first: client.retryBackoff, most: client.retryBackoffMax)
        patience = client.patience
    }

    var isClassic: Bool { configuration.groupProtocol == .classic }

    /// Whether members keep what they own while the group rebalances.
    var isCooperative: Bool {
        !isClassic || configuration.assignors.allSatisfy(\.isCooperative)
    }
}

// MARK: - What the application wants

extension GroupCore {
    /// Becomes a member with this subscription, or changes it.
    mutating func subscribe(
        _ topics: SubscribedTopics, metadata: inout MetadataCache, now: Instant
    ) {
        forget(metadata: &metadata)
        self.topics = topics
        want(&metadata)
        told.subscription = nil
        switch phase {
        case .out, .failed:
            memberID = isClassic ? "" : MemberID.make(&random)
            lastPoll = now
            nextAutoCommit = now + configuration.autoCommitInterval
            joinFailures = 0
            restart(at: now)
        case .stable:
            if isClassic { prepare() } else { nextHeartbeat = now }
        case .joining, .assigning, .syncing:
            round.isStale = true
        case .waiting, .preparing, .overdue:
            break
        case .leaving:
            // It comes back once it has left.
            round.isStale = true
        }
    }

    /// Gives up everything and leaves; `left` follows.
    mutating func leave(metadata: inout MetadataCache, now: Instant) {
        forget(metadata: &metadata)
        topics = nil
        switch phase {
        case .out, .failed, .overdue:
            phase = .out
            events.append(.left)
        case .leaving:
            break
        case .waiting, .preparing, .joining, .assigning, .syncing, .stable:
            // What is under way may still make us a member; answers to it do not matter.
            abandonQuestions()
            phase = .leaving
            round.isStale = false
            begin(Change(target: [], isFinal: true))
        }
    }

    /// Keeps the layout of what is subscribed up to date.
    func want(_ metadata: inout MetadataCache) {
        switch topics?.subscription {
        case .topics(let names): for name in names { metadata.want(name) }
        case .pattern: metadata.wantsAll = true
        case nil: break
        }
        for topic in round.leaderTopics { metadata.want(topic) }
    }

    private func forget(metadata: inout MetadataCache) {
        let used = Set(owned.map(\.topic))
        switch topics?.subscription {
        case .topics(let names):
            for name in names where !used.contains(name) { metadata.forget(name) }
        case .pattern: metadata.wantsAll = false
        case nil: break
        }
    }

    /// The application asks for records and has so finished those it was handed before.
    mutating func pollBegan(now: Instant) {
        isPolling = true
        lastPoll = now
        if phase == .overdue { restart(at: now) }
    }

    mutating func pollEnded(now: Instant) {
        isPolling = false
        lastPoll = now
    }

    var pollDeadline: Instant {
        guard !isPolling else { return .distantFuture }
        switch phase {
        case .out, .overdue, .leaving, .failed: return .distantFuture
        case .waiting, .preparing, .joining, .assigning, .syncing, .stable:
            return lastPoll + configuration.maxPollInterval
        }
    }
}

// MARK: - Turns

extension GroupCore {
    mutating func advance(
        network: inout Network, metadata: inout MetadataCache, consumer: inout ConsumerCore,
        now: Instant
    ) {
        if now >= pollDeadline { becomeOverdue(&network, &consumer, &metadata, now: now) }
        if wantsNewConnection {
            wantsNewConnection = false
            network.renewCoordinator(now: now)
        }
        findCoordinator(&network, &metadata, now: now)
        autoCommit(consumer, now: now)
        advanceChange(&consumer, &metadata, now: now)
        if isClassic {
            advanceClassic(&network, metadata, now: now)
        } else {
            advanceHeartbeats(&network, &metadata, now: now)
        }
        sayGoodbye(&network, now: now)
        sendCommits(&network, now: now)
        fetchOffsets(&network, now: now)
        failures.removeAll { failure in
            consumer.failures.append(failure)
            return true
        }
    }

    /// Answers to questions of the membership do not count any more.
    private mutating func abandonQuestions() {
        membership += 1
        wantsNewConnection = underWay[.join] != nil || underWay[.sync] != nil
        underWay = underWay.filter { $0.key.outlivesMembership }
    }

    /// Joins anew at `instant`, as a member that owns nothing in this group.
    mutating func restart(at instant: Instant) {
        abandonQuestions()
        epoch = isClassic ? -1 : 0
        told = Told()
        round = Round()
        phase = .waiting(until: instant)
    }

    /// The application has not polled for too long: others shall have the partitions.
    private mutating func becomeOverdue(
        _ network: inout Network, _ consumer: inout ConsumerCore, _ metadata: inout MetadataCache,
        now: Instant
    ) {
        lose(&consumer, &metadata)
        goodbye(&network, now: now)
        restart(at: now)
        if isClassic, configuration.instanceID == nil { memberID = "" }
        phase = .overdue
    }

    /// The group will not have this member.
    mutating func fail(
        _ error: ClientError, _ consumer: inout ConsumerCore, _ metadata: inout MetadataCache
    ) {
        lose(&consumer, &metadata)
        abandonQuestions()
        let wasLeaving = phase == .leaving
        phase = .failed
        failures.append(error)
        if wasLeaving { events.append(.left) }
    }

    /// When `advance` is due without an event.
    func nextDeadline(_ network: Network, now: Instant) -> Instant {
        var next = min(pollDeadline, changeDeadline)
        next = min(next, coordinatorDeadline(network, now: now))
        next = min(next, commitDeadline(now: now))
        if told.unresolved != nil, told.nextLook > now { next = min(next, told.nextLook) }
        for question in offsetQuestions {
            next = min(next, question.deadline ?? .distantFuture)
            if question.notBefore > now { next = min(next, question.notBefore) }
        }
        guard case .known = coordinator else { return next }
        switch phase {
        case .waiting(let until):
            if until > now { next = min(next, until) }
        case .stable, .preparing:
            if epoch >= 0, underWay[.heartbeat] == nil { next = min(next, nextHeartbeat) }
        case .out, .joining, .assigning, .syncing, .overdue, .leaving, .failed:
            break
        }
        return next
    }
}
