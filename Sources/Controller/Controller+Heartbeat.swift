internal import InternalRecords
internal import Metadata
package import Model

/// A broker's sign of life, and what it wants.
package struct BrokerHeartbeat: Sendable {
    package var broker: BrokerID
    package var epoch: BrokerEpoch
    /// How far it has replayed the metadata log.
    package var metadataOffset: Offset
    package var wantsFence: Bool
    package var wantsShutdown: Bool
    package var offlineDirectories: [DirectoryID]
    /// Nil if the broker is of a version that does not tell.
    package var cordonedDirectories: [DirectoryID]?

    package init(
        broker: BrokerID, epoch: BrokerEpoch, metadataOffset: Offset, wantsFence: Bool = false,
        wantsShutdown: Bool = false, offlineDirectories: [DirectoryID] = [],
        cordonedDirectories: [DirectoryID]? = nil
    ) {
        self.broker = broker
        self.epoch = epoch
        self.metadataOffset = metadataOffset
        self.wantsFence = wantsFence
        self.wantsShutdown = wantsShutdown
        self.offlineDirectories = offlineDirectories
        self.cordonedDirectories = cordonedDirectories
    }
}

/// What the controller made of a heartbeat.
package struct BrokerHeartbeatReply: Hashable, Sendable {
    /// The broker has replayed its own registration.
    package let isCaughtUp: Bool
    package let isFenced: Bool
    package let mayStop: Bool

    package init(isCaughtUp: Bool, isFenced: Bool, mayStop: Bool) {
        self.isCaughtUp = isCaughtUp
        self.isFenced = isFenced
        self.mayStop = mayStop
    }
}

extension Controller {
    /// What a broker is to the controller. From → to:
    ///
    ///     fenced → fenced, unfenced, stopping
    ///     unfenced → unfenced, fenced, shuttingDown, stopping
    ///     shuttingDown → shuttingDown, stopping; fenced only by its silence
    ///     stopping: fenced for good; the process may end
    private enum BrokerState {
        case fenced
        case unfenced
        case shuttingDown
        case stopping
    }

    /// A broker lives, and tells what it wants (raft.md §9, Heartbeats and fencing).
    package mutating func heartbeat(
        _ beat: BrokerHeartbeat, now: Instant
    ) throws(ControllerError) -> ControllerResult<BrokerHeartbeatReply> {
        let broker = try checkedBroker(beat.broker, beat.epoch)
        guard active != nil else { throw notActive }
        active?.liveness.heard(beat.broker, at: now, metadataOffset: beat.metadataOffset)

        var draft = draft
        takeDirectories(beat, of: broker, in: &draft)
        let isLost = draft.image.broker(broker.id)?.isFenced == true && !broker.isFenced
        let next = isLost ? .fenced : nextState(of: broker, beat)
        move(broker, to: next, isLost: isLost, in: &draft)
        let reply = BrokerHeartbeatReply(
            isCaughtUp: isCaughtUp(broker, beat),
            isFenced: next == .fenced || next == .stopping, mayStop: next == .stopping)
        return ControllerResult(draft.records, reply)
    }

    /// The connection on which the broker's last heartbeat came is gone (design.md §5).
    ///
    /// - Parameter wasClosed: the broker's own kernel said so, which it does when the process is gone or has closed the
    ///   connection. Otherwise somebody on the way may have broken it here only, and the broker may believe for
    ///   as long as its lease lasts that it is heard.
    package mutating func connectionLost(by broker: BrokerID, wasClosed: Bool, now: Instant) {
        var deadline = now + settings.connectionGrace
        if !wasClosed, let heard = active?.liveness.contact(of: broker)?.lastHeard {
            deadline = max(deadline, heard + settings.brokerLease)
        }
        active?.liveness.connectionLost(by: broker, deadline: deadline)
    }

    /// This controller has just become active, because its connection to the leader before it broke without
    /// goodbye: the broker in that process must soon speak, as after a broken heartbeat connection.
    ///
    /// The grace has run since the connection broke, but hearing of a new controller takes time too.
    ///
    /// - Parameter since: when the connection broke.
    package mutating func predecessorLost(_ predecessor: BrokerID, since: Instant, now: Instant) {
        let deadline = max(
            since + settings.connectionGrace, now + settings.introductionGrace)
        active?.liveness.connectionLost(by: predecessor, deadline: deadline)
    }

    private func isCaughtUp(_ broker: BrokerRegistration, _ beat: BrokerHeartbeat) -> Bool {
        beat.metadataOffset.rawValue >= broker.epoch.rawValue
    }

    /// A fenced broker that has replayed its registration, and that others took over what it led.
    private func mayServe(_ broker: BrokerRegistration, _ beat: BrokerHeartbeat) -> Bool {
        guard isCaughtUp(broker, beat) else { return false }
        guard let contact = active?.liveness.contact(of: broker.id) else { return false }
        return beat.metadataOffset >= contact.fenceOffset
    }

    private func nextState(of broker: BrokerRegistration, _ beat: BrokerHeartbeat) -> BrokerState {
        if broker.isFenced {
            if beat.wantsShutdown { return .stopping }
            return !beat.wantsFence && mayServe(broker, beat) ? .unfenced : .fenced
        }
        if broker.isInControlledShutdown { return mayStop(broker) ? .stopping : .shuttingDown }
        if beat.wantsFence { return beat.wantsShutdown ? .stopping : .fenced }
        guard beat.wantsShutdown else { return .unfenced }
        return leadsSomething(broker.id) ? .shuttingDown : .stopping
    }

    /// It leads nothing, and everybody else knows that.
    private func mayStop(_ broker: BrokerRegistration) -> Bool {
        guard !leadsSomething(broker.id) else { return false }
        guard let liveness = active?.liveness else { return false }
        guard let needed = liveness.contact(of: broker.id)?.shutdownOffset else { return true }
        let others = image.allBrokers.filter { $0.isActive && $0.id != broker.id }.map(\.id)
        guard let lowest = liveness.lowestOffset(among: others) else { return true }
        return lowest >= needed
    }

    private func leadsSomething(_ broker: BrokerID) -> Bool {
        var leads = false
        image.forEachPartition { _, _, partition in
            if partition.leader == broker { leads = true }
        }
        return leads
    }

    private func move(
        _ broker: BrokerRegistration, to next: BrokerState, isLost: Bool, in draft: inout Draft
    ) {
        switch next {
        case .fenced: if !broker.isFenced, !isLost { draft.fence(broker) }
        case .unfenced: if broker.isFenced { draft.unfence(broker) }
        case .shuttingDown: if !broker.isInControlledShutdown { draft.beginShutdown(of: broker) }
        case .stopping:
            // Whoever brings this registration's epoch back has come to its end in order.
            if !broker.isInControlledShutdown { draft.beginShutdown(of: broker) }
            if !broker.isFenced { draft.fence(broker) }
        }
    }

    /// Directories that went offline, and the cordoned ones (KIP-858, KIP-1066).
    private func takeDirectories(
        _ beat: BrokerHeartbeat, of broker: BrokerRegistration, in draft: inout Draft
    ) {
        guard image.metadataVersion.hasDirectories else { return }
        let lost = broker.directories.filter(beat.offlineDirectories.contains)
        if !lost.isEmpty {
            // A record without directories would mean "unchanged": a broker that lost all is fenced.
            if lost.count == broker.directories.count {
                draft.fence(broker)
            } else {
                draft.lostDirectories(lost, of: broker)
            }
        }
        guard image.metadataVersion.hasCordonedDirectories else { return }
        guard let told = beat.cordonedDirectories?.sorted(by: isOrdered) else { return }
        guard told != broker.cordonedDirectories else { return }
        var record = BrokerRegistrationChangeRecord()
        record.brokerID = broker.id.rawValue
        record.brokerEpoch = broker.epoch.rawValue
        record.cordonedLogDirs = told.map(\.uuid)
        draft.append(.brokerRegistrationChange(record))
    }

    private func isOrdered(_ a: DirectoryID, _ b: DirectoryID) -> Bool {
        UUID.isOrdered(a.uuid, before: b.uuid)
    }
}
