internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

/// Offsets on their way to the coordinator.
struct Commit {
    /// Who wants to know what came of it.
    enum Owner: Hashable, Sendable {
        /// An application that waits, by the number it was given.
        case waiting(UInt64)
        /// Nobody: a failure becomes an event.
        case background
        /// Part of giving partitions up.
        case leaving
    }

    let id: UInt64
    let owner: Owner
    var offsets: [TopicPartition: CommittedOffset]
    let deadline: Instant
    let limit: Duration
    var notBefore = Instant.zero
    var failures = 0
    var lastFailure: String?
}

/// Committed offsets to be read.
struct OffsetQuestion {
    let id: UInt64
    /// The number of the application's wish; nil for places to begin at.
    let user: UInt64?
    let partitions: [TopicPartition]
    /// Nil for places to begin at, which are asked for as long as it takes.
    let deadline: Instant?
    var notBefore = Instant.zero
    var failures = 0
}

// MARK: - Committing

extension GroupCore {
    /// Commits that may wait; more are refused.
    static let commitsMax = 1_000

    /// Commits for the application, which is told of `wish`. Without offsets: what it was handed.
    mutating func commit(
        _ offsets: [TopicPartition: CommittedOffset]?, wish: UInt64?, within limit: Duration,
        consumer: ConsumerCore, now: Instant
    ) {
        let offsets = offsets ?? consumer.handedOut(owned.filter { !unplaced.contains($0) })
        let owner = wish.map { Commit.Owner.waiting($0) } ?? .background
        guard commits.count < Self.commitsMax else {
            let error = ClientError.tooMany(limit: Self.commitsMax, of: "commits")
            return tell(owner, error)
        }
        guard phase != .failed || topics == nil else {
            return tell(owner, .refused(.unknownMemberId, message: nil))
        }
        guard !offsets.isEmpty else { return tell(owner, nil) }
        add(offsets, owner, within: limit, now: now)
    }

    private mutating func add(
        _ offsets: [TopicPartition: CommittedOffset], _ owner: Commit.Owner, within limit: Duration,
        now: Instant
    ) {
        commitCount += 1
        commits.append(
            Commit(
                id: commitCount, owner: owner, offsets: offsets, deadline: now + limit,
                limit: limit))
    }

    /// Now and then, what the application is done with.
    mutating func autoCommit(_ consumer: ConsumerCore, now: Instant) {
        guard configuration.commitsAutomatically, now >= nextAutoCommit else { return }
        guard phase == .stable || phase == .preparing, !owned.isEmpty else { return }
        nextAutoCommit = now + configuration.autoCommitInterval
        guard !commits.contains(where: { $0.owner == .background }) else { return }
        let offsets = news(consumer.consumed(owned))
        guard !offsets.isEmpty else { return }
        add(offsets, .background, within: configuration.autoCommitInterval, now: now)
    }

    /// The commit that goes before partitions do.
    mutating func commitBeforeLeaving(
        _ partitions: [TopicPartition], _ consumer: ConsumerCore, isFinal: Bool, now: Instant
    ) {
        guard configuration.commitsAutomatically else { return }
        let offsets = news(
            isFinal ? consumer.handedOut(partitions) : consumer.consumed(partitions))
        guard !offsets.isEmpty else { return }
        let limit = min(configuration.maxPollInterval, configuration.closeTimeout)
        add(offsets, .leaving, within: limit, now: now)
    }

    /// What is not committed yet.
    private func news(
        _ offsets: [TopicPartition: CommittedOffset]
    ) -> [TopicPartition: CommittedOffset] {
        offsets.filter { committed[$0.key] != $0.value.offset && !unplaced.contains($0.key) }
    }

    /// Sends the oldest commit: one at a time, so that none overtakes another.
    mutating func sendCommits(_ network: inout Network, now: Instant) {
        while let overdue = commits.first(where: { now >= $0.deadline }) {
            underWay[.commit(overdue.id)] = nil
            finish(
                commit: overdue.id,
                .timedOut(
                    operation: "committing offsets", limit: overdue.limit,
                    cause: overdue.lastFailure))
        }
        guard let first = commits.first, now >= first.notBefore, canAsk(.commit(first.id)) else {
            return
        }
        // A newcomer has no place in the group yet; a commit now would be taken for a stranger's.
        let isMember = topics != nil || phase == .leaving
        if isMember, epoch < 0 || (epoch == 0 && !isClassic) {
            guard phase != .leaving else {
                return finish(commit: first.id, .refused(.unknownMemberId, message: nil))
            }
            return
        }
        var request = OffsetCommitRequest()
        request.groupID = configuration.id
        request.generationIDOrMemberEpoch = isMember ? epoch : -1
        request.memberID = isMember ? memberID : ""
        request.groupInstanceID = isMember ? configuration.instanceID : nil
        request.topics = OffsetCommitRequest.topics(of: first.offsets)
        let lowest: Int16 = configuration.instanceID == nil ? 2 : 7
        ask(
            OutgoingRequest(request, versions: lowest...9), .commit(first.id), &network, now: now)
    }

    mutating func commitAnswered(
        _ id: UInt64, version: Int16, body: SharedBytes, network: inout Network,
        consumer: inout ConsumerCore, metadata: inout MetadataCache, now: Instant
    ) throws(DecodeError) {
        var reader = ByteReader(body)
        let answer = try OffsetCommitResponse(from: &reader, version: version)
        guard let index = commits.firstIndex(where: { $0.id == id }) else { return }
        var worst: ErrorCode = .none
        for topic in answer.topics {
            for result in topic.partitions {
                let partition = TopicPartition(topic.name, result.partitionIndex)
                guard result.errorCode == .none else {
                    worst = result.errorCode
                    continue
                }
                if let offset = commits[index].offsets.removeValue(forKey: partition) {
                    if owned.contains(partition) { committed[partition] = offset.offset }
                }
            }
        }
        guard worst != .none else { return finish(commit: id, nil) }
        commitRefused(id, worst, &network, &consumer, &metadata, now: now)
    }

    private mutating func commitRefused(
        _ id: UInt64, _ code: ErrorCode, _ network: inout Network, _ consumer: inout ConsumerCore,
        _ metadata: inout MetadataCache, now: Instant
    ) {
        if isAboutCoordinator(code, &network, now: now) || code.advice != .fail {
            return postpone(commit: id, now: now, because: code.name)
        }
        switch code {
        case .staleMemberEpoch:
            // The epoch has moved on since; the next heartbeat's answer tells it.
            nextHeartbeat = min(nextHeartbeat, now)
            postpone(commit: id, now: now, because: code.name)
        case .unknownMemberId, .illegalGeneration, .fencedInstanceId, .fencedMemberEpoch:
            finish(commit: id, .refused(code, message: nil))
            guard topics != nil else { return }
            if isClassic {
                classicRefused(code, nil, &network, &consumer, &metadata, now: now)
            } else {
                heartbeatRefused(code, nil, &network, &consumer, &metadata, now: now)
            }
        case .rebalanceInProgress:
            finish(commit: id, .refused(code, message: nil))
            if isClassic { classicRefused(code, nil, &network, &consumer, &metadata, now: now) }
        default:
            finish(commit: id, .refused(code, message: nil))
        }
    }

    mutating func postpone(commit id: UInt64, now: Instant, because cause: String? = nil) {
        guard let index = commits.firstIndex(where: { $0.id == id }) else { return }
        commits[index].failures += 1
        commits[index].lastFailure = cause
        commits[index].notBefore =
            now + retry.pause(after: commits[index].failures, using: &random)
    }

    mutating func finish(commit id: UInt64, _ error: ClientError?) {
        guard let index = commits.firstIndex(where: { $0.id == id }) else { return }
        tell(commits.remove(at: index).owner, error)
    }

    private mutating func tell(_ owner: Commit.Owner, _ error: ClientError?) {
        switch owner {
        case .waiting(let wish): events.append(.committed(wish, error))
        case .background, .leaving:
            if let error { events.append(.rebalanced(.commitFailed(error))) }
        }
    }

    func commitDeadline(now: Instant) -> Instant {
        var next = Instant.distantFuture
        for commit in commits { next = min(next, commit.deadline) }
        if let first = commits.first, underWay[.commit(first.id)] == nil, first.notBefore > now {
            next = min(next, first.notBefore)
        }
        let isCommitting = phase == .stable || phase == .preparing
        if configuration.commitsAutomatically, isCommitting, !owned.isEmpty {
            next = min(next, nextAutoCommit)
        }
        return next
    }
}

extension GroupCore {
    /// Ends at once; who waits is told.
    mutating func close() {
        for commit in commits { finish(commit: commit.id, .closed) }
        for question in offsetQuestions {
            guard let wish = question.user else { continue }
            events.append(.committedOffsets(wish, .failure(.closed)))
        }
        offsetQuestions.removeAll()
        phase = .out
        events.append(.left)
    }
}

// MARK: - Reading what is committed

extension GroupCore {
    /// Looks committed offsets up for the application, which is told of `wish`.
    mutating func askForCommitted(
        _ partitions: [TopicPartition], wish: UInt64, within limit: Duration, now: Instant
    ) {
        guard offsetQuestions.count < Self.commitsMax else {
            let error = ClientError.tooMany(limit: Self.commitsMax, of: "questions for offsets")
            events.append(.committedOffsets(wish, .failure(error)))
            return
        }
        commitCount += 1
        offsetQuestions.append(
            OffsetQuestion(
                id: commitCount, user: wish, partitions: partitions.sorted(), deadline: now + limit)
        )
    }

    /// Where to begin in partitions that are newly owned.
    mutating func askForPlaces(_ partitions: [TopicPartition]) {
        guard !partitions.isEmpty else { return }
        commitCount += 1
        offsetQuestions.append(
            OffsetQuestion(id: commitCount, user: nil, partitions: partitions, deadline: nil))
    }

    mutating func fetchOffsets(_ network: inout Network, now: Instant) {
        let overdue = offsetQuestions.filter { $0.deadline.map { now >= $0 } ?? false }
        for question in overdue {
            underWay[.offsets(question.id)] = nil
            offsetQuestions.removeAll { $0.id == question.id }
            if let wish = question.user {
                let error = ClientError.timedOut(
                    operation: "reading committed offsets", limit: .zero, cause: nil)
                events.append(.committedOffsets(wish, .failure(error)))
            }
        }
        for question in offsetQuestions {
            guard now >= question.notBefore, canAsk(.offsets(question.id)) else { continue }
            var group = OffsetFetchRequest.OffsetFetchRequestGroup()
            group.groupID = configuration.id
            if !isClassic, epoch > 0 {
                group.memberID = memberID
                group.memberEpoch = epoch
            }
            group.topics = OffsetFetchRequest.topics(of: question.partitions)
            var request = OffsetFetchRequest()
            request.groups = [group]
            request.requireStable = isolationLevel == .readCommitted
            ask(
                OutgoingRequest(request, versions: 8...9), .offsets(question.id), &network,
                now: now)
        }
    }

    mutating func offsetsAnswered(
        _ id: UInt64, version: Int16, body: SharedBytes, network: inout Network,
        consumer: inout ConsumerCore, metadata: inout MetadataCache, now: Instant
    ) throws(DecodeError) {
        var reader = ByteReader(body)
        let answer = try OffsetFetchResponse(from: &reader, version: version)
        let group = answer.groups.first
        var code = group?.errorCode ?? .unknownServerError
        for topic in group?.topics ?? [] {
            for entry in topic.partitions where entry.errorCode != .none { code = entry.errorCode }
        }
        guard code != .none else {
            let found = group.map { CommittedOffset.byPartition($0) } ?? [:]
            return finish(question: id, .success(found), &consumer, &metadata)
        }
        if isAboutCoordinator(code, &network, now: now) || code.advice != .fail {
            return postpone(question: id, now: now)
        }
        switch code {
        case .staleMemberEpoch, .rebalanceInProgress:
            nextHeartbeat = min(nextHeartbeat, now)
            postpone(question: id, now: now)
        case .unknownMemberId, .fencedMemberEpoch:
            // The heartbeat will learn it too, and begins anew.
            postpone(question: id, now: now)
        default:
            finish(
                question: id, .failure(.refused(code, message: nil)), &consumer, &metadata)
        }
    }

    mutating func postpone(question id: UInt64, now: Instant) {
        guard let index = offsetQuestions.firstIndex(where: { $0.id == id }) else { return }
        offsetQuestions[index].failures += 1
        offsetQuestions[index].notBefore =
            now + retry.pause(after: offsetQuestions[index].failures, using: &random)
    }

    mutating func finish(
        question id: UInt64, _ result: Result<[TopicPartition: CommittedOffset], ClientError>,
        _ consumer: inout ConsumerCore, _ metadata: inout MetadataCache
    ) {
        guard let index = offsetQuestions.firstIndex(where: { $0.id == id }) else { return }
        let question = offsetQuestions.remove(at: index)
        if let wish = question.user {
            events.append(.committedOffsets(wish, result))
            return
        }
        switch result {
        case .success(let found):
            let places = question.partitions.filter(unplaced.contains)
            unplaced.subtract(places)
            for partition in places {
                committed[partition] = found[partition]?.offset
                consumer.place(partition, at: found[partition])
            }
        case .failure(let error):
            fail(error, &consumer, &metadata)
        }
    }
}
