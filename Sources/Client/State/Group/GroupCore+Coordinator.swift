internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

extension GroupCore {
    // MARK: Asking

    /// Whether the coordinator can be asked `question` now.
    func canAsk(_ question: GroupQuestion) -> Bool {
        guard case .known = coordinator else { return false }
        return underWay[question] == nil
    }

    mutating func ask(
        _ request: OutgoingRequest, _ question: GroupQuestion, _ network: inout Network,
        now: Instant
    ) {
        underWay[question] = now
        network.submit(
            request, for: .group(question, membership: membership), to: .coordinator,
            deadline: now + network.configuration.requestTimeout, now: now)
    }

    /// Takes an answer or a failure from the list of what is under way. False if it does not count.
    mutating func isAwaited(_ question: GroupQuestion, membership: Int) -> Bool {
        guard question.outlivesMembership || membership == self.membership else { return false }
        return underWay.removeValue(forKey: question) != nil
    }

    // MARK: Finding

    /// Whether anything is to be asked of a coordinator.
    private var needsCoordinator: Bool {
        if !commits.isEmpty || !offsetQuestions.isEmpty { return true }
        switch phase {
        case .out, .overdue, .failed: return false
        case .waiting, .preparing, .joining, .assigning, .syncing, .stable, .leaving: return true
        }
    }

    /// Asks any broker while the coordinator is not known, or while it owes an answer for long: it may
    /// hang, and another may have taken its place.
    mutating func findCoordinator(
        _ network: inout Network, _ metadata: inout MetadataCache, now: Instant
    ) {
        guard needsCoordinator else { return }
        switch coordinator {
        case .unknown(let notBefore):
            guard now >= notBefore else { return }
        case .asking(let since):
            // Who was asked may hang too.
            guard now >= since + patience else { return }
        case .known:
            guard now >= suspicion, underWay[.coordinator] == nil else { return }
        }
        nextSuspicion = now + patience
        guard let peer = network.anyPeer(now: now) else {
            if case .asking = coordinator { coordinator = .unknown(notBefore: now) }
            return
        }
        if case .known = coordinator {} else { coordinator = .asking(since: now) }
        underWay[.coordinator] = now
        var request = FindCoordinatorRequest()
        request.coordinatorKeys = [configuration.id]
        network.submit(
            OutgoingRequest(request, versions: 4...6),
            for: .group(.coordinator, membership: membership), to: peer,
            deadline: now + network.configuration.requestTimeout, now: now)
    }

    /// When an answer is overdue. A JoinGroup is kept for as long as others take to join.
    private var suspicion: Instant {
        var first = Instant.distantFuture
        for (question, since) in underWay {
            switch question {
            case .coordinator: break
            case .join: first = min(first, since + max(patience, configuration.heartbeatInterval))
            case .sync, .heartbeat, .leave, .commit, .offsets: first = min(first, since + patience)
            }
        }
        return max(first, nextSuspicion)
    }

    func coordinatorDeadline(_ network: Network, now: Instant) -> Instant {
        guard needsCoordinator else { return .distantFuture }
        switch coordinator {
        case .unknown(let notBefore):
            if notBefore > now { return notBefore }
            return network.nextAttempt > now ? network.nextAttempt : .distantFuture
        case .asking(let since): return since + patience
        case .known: return underWay[.coordinator] == nil ? suspicion : .distantFuture
        }
    }

    mutating func coordinatorAnswered(
        version: Int16, body: SharedBytes, network: inout Network, consumer: inout ConsumerCore,
        metadata: inout MetadataCache, now: Instant
    ) {
        let answer: FindCoordinatorResponse
        do {
            var reader = ByteReader(body)
            answer = try FindCoordinatorResponse(from: &reader, version: version)
        } catch {
            return coordinatorLost(&network, now: now)
        }
        guard let found = answer.coordinators.first else {
            return coordinatorLost(&network, now: now)
        }
        guard found.errorCode == .none, let port = UInt16(exactly: found.port), port > 0 else {
            if found.errorCode != .none, found.errorCode.advice == .fail {
                fail(
                    .refused(found.errorCode, message: found.errorMessage), &consumer, &metadata)
            }
            // A coordinator that is known and silent may still come back.
            if case .known = coordinator { return }
            return coordinatorLost(&network, now: now)
        }
        let isSame = coordinator == .known(BrokerID(found.nodeID))
        coordinator = .known(BrokerID(found.nodeID))
        network.setCoordinator(
            ServerAddress(host: found.host, port: port), isSame: isSame, now: now)
    }

    /// The coordinator is not where it was, or not any more.
    mutating func coordinatorLost(_ network: inout Network, now: Instant) {
        if case .unknown(let notBefore) = coordinator, notBefore > now { return }
        coordinatorFailures += 1
        let pause = retry.pause(after: coordinatorFailures, using: &random)
        coordinator = .unknown(notBefore: now + pause)
    }

    // MARK: Failures

    /// What a refusal means that says nothing about the member: true if it was one.
    mutating func isAboutCoordinator(
        _ code: ErrorCode, _ network: inout Network, now: Instant
    ) -> Bool {
        switch code {
        case .notCoordinator, .coordinatorNotAvailable:
            coordinatorLost(&network, now: now)
            return true
        case .coordinatorLoadInProgress, .requestTimedOut:
            return true
        default:
            return false
        }
    }

    /// A request that got no answer.
    mutating func failed(
        _ question: GroupQuestion, membership: Int, _ error: ClientError, network: inout Network,
        consumer: inout ConsumerCore, metadata: inout MetadataCache, now: Instant
    ) {
        guard isAwaited(question, membership: membership) else { return }
        guard error.isRetriable else {
            switch question {
            case .commit(let id): return finish(commit: id, error)
            case .offsets(let id):
                return finish(question: id, .failure(error), &consumer, &metadata)
            case .coordinator, .join, .sync, .heartbeat, .leave:
                return fail(error, &consumer, &metadata)
            }
        }
        switch question {
        case .coordinator:
            if case .asking = coordinator { coordinatorLost(&network, now: now) }
            return
        case .join, .sync:
            joinAgain(now: now)
        case .heartbeat:
            told.mustSayAll = true
            nextHeartbeat = now
        case .leave:
            left()
        case .commit(let id):
            postpone(commit: id, now: now)
        case .offsets(let id):
            postpone(question: id, now: now)
        }
        // A connection that was given up for another coordinator says nothing about that one.
        if network.hasLostCoordinator { coordinatorLost(&network, now: now) }
    }

    /// Joins again after a pause that grows with each failure. A classic member keeps what it owns: the
    /// group decides whether it may.
    mutating func joinAgain(now: Instant) {
        joinFailures += 1
        let pause = retry.pause(after: joinFailures, using: &random)
        if phase == .leaving { return }
        phase = .waiting(until: now + pause)
    }

    // MARK: Goodbye

    /// Leaves once everything is given up.
    mutating func sayGoodbye(_ network: inout Network, now: Instant) {
        guard phase == .leaving, change == nil, underWay[.leave] == nil else { return }
        // A last commit goes first, on the same connection.
        guard commits.isEmpty else { return }
        goodbye(&network, now: now)
        if underWay[.leave] == nil { left() }
    }

    /// Tells the coordinator that the member goes, if it is one and can be heard.
    mutating func goodbye(_ network: inout Network, now: Instant) {
        guard case .known = coordinator, !memberID.isEmpty else { return }
        if isClassic {
            // A static member stays one until its session ends (KIP-345).
            guard configuration.instanceID == nil else { return }
            var identity = LeaveGroupRequest.MemberIdentity()
            identity.memberID = memberID
            identity.reason = phase == .leaving ? "the consumer is closed" : "no poll in time"
            var request = LeaveGroupRequest()
            request.groupID = configuration.id
            request.members = [identity]
            ask(OutgoingRequest(request, versions: 3...5), .leave, &network, now: now)
        } else {
            var request = ConsumerGroupHeartbeatRequest()
            request.groupID = configuration.id
            request.memberID = memberID
            request.memberEpoch = configuration.instanceID == nil ? -1 : -2
            request.instanceID = configuration.instanceID
            ask(OutgoingRequest(request, versions: 1...1), .leave, &network, now: now)
        }
    }

    /// Nobody waits for the goodbye's answer but who closes.
    mutating func left() {
        guard phase == .leaving else { return }
        let comesBack = round.isStale && topics != nil
        membership += 1
        phase = .out
        epoch = -1
        if isClassic { memberID = "" }
        round = Round()
        told = Told()
        if comesBack { restart(at: .zero) }
        events.append(.left)
    }
}
