package import InternalRecords
package import Metadata
package import Model
internal import Configuration

/// The mind of a controller, active or standing by.
///
/// **Decide, append, accept.** A decision returns records and an answer and leaves the image alone; the
/// household appends the records to the quorum's log and hands them to `accept`, which changes the
/// provisional image, so that the next decision sees them; the answer goes out when the log's high watermark
/// passes them.
///
/// **Committed.** Beside it the committed log is always replayed, whoever wrote it. So a controller that
/// stands by is active at once when it is elected, and one that loses leadership returns to what is committed
/// and forgets the rest, wherever in its decisions the log was cut. Images are persistent values, and as soon
/// as nothing is pending the two are one again, so keeping both costs nothing.
///
/// Beside the image there is soft state that lives and dies with a leadership: who was heard when
/// (`BrokerLiveness`), and the timers. Time comes in as `now`; the next moment at which something is to be
/// decided without being asked leaves as `nextDeadline`.
package struct Controller: Sendable {
    package let settings: ControllerSettings
    /// The cluster as far as this controller decided or read it.
    package private(set) var image = MetadataImage()
    /// Nil while another controller is active.
    var active: Active?
    /// The settings of this node with the cluster's dynamic ones, for topics that leave something open.
    private(set) var broker: BrokerSettings
    private(set) var defaults: TopicDefaults
    var chance: PRNG
    /// The committed log, replayed.
    private var log = MetadataReplay()

    /// - Parameter seed: chance for topic ids and placement; another one for each start of a process.
    package init(_ settings: ControllerSettings, seed: UInt64) {
        self.settings = settings
        broker = settings.broker
        defaults = TopicDefaults(settings.broker)
        chance = PRNG(seed: seed)
    }

    /// What lives as long as a leadership.
    struct Active: Sendable {
        let term: Term
        var liveness = BrokerLiveness()
        var timers: Timers
        /// The last offset accepted; nil if it is committed, or nothing was accepted yet.
        var lastPending: Offset?
    }

    /// Whether this controller decides.
    package var isActive: Bool { active != nil }

    /// The image at the high watermark: what may be told to others.
    package var committedImage: MetadataImage { log.published }

    /// The last offset not yet committed that a decision made now rests on; nil if all is committed.
    package var lastPendingOffset: Offset? { active?.lastPending }

    /// A decision in the making.
    var draft: Draft { Draft(from: image, defaults: defaults) }
}

// MARK: - The committed log

extension Controller {
    /// Records were committed, whoever wrote them. A batch may also be empty: control records have offsets.
    package mutating func committed(
        _ records: [MetadataRecord], endingAt position: MetadataPosition
    ) throws(ReplayError) {
        try log.replay(records, endingAt: position)
        let delta = log.take().delta
        if active == nil {
            image = log.latest
            if delta.configs.elements.contains(where: { $0.kind == .broker }) { refreshSettings() }
        } else if let pending = active?.lastPending, pending <= position.lastOffset {
            active?.lastPending = nil
            image.advance(to: position)
            log = MetadataReplay(from: image)
        }
    }

    /// Forgets everything: a snapshot follows.
    package mutating func reset() {
        precondition(active == nil, "an active controller is ahead of every snapshot")
        log = MetadataReplay()
        image = MetadataImage()
        refreshSettings()
    }
}

// MARK: - Leading

extension Controller {
    /// Becomes active: everything before this term is committed and told, nothing of it is written yet.
    ///
    /// - Parameter bootstrap: the records that begin a new cluster's log; used if the log is empty.
    /// - Returns: records to append and accept before anything else is decided, possibly none.
    package mutating func becomeActive(
        term: Term, now: Instant, bootstrap: [MetadataRecord]
    ) -> [MetadataRecord] {
        precondition(active == nil, "a controller becomes active once in a term")
        var records: [MetadataRecord] = []
        if log.isInTransaction {
            // Whoever led before could not end it.
            var record = AbortTransactionRecord()
            record.reason = "the controller changed"
            records.append(.abortTransaction(record))
            image = log.published
        }
        if image.features.isEmpty { records += beginning(with: bootstrap) }
        active = Active(term: term, timers: Timers(settings, now: now))
        for registration in image.allBrokers {
            // Who was fenced by another controller may have missed it, at any offset up to here.
            follow(registration, at: image.position.lastOffset, now: now)
        }
        return records
    }

    /// The records of an empty log: those of the format, and what they ask for.
    private func beginning(with bootstrap: [MetadataRecord]) -> [MetadataRecord] {
        var draft = draft
        for record in bootstrap { draft.append(record) }
        if draft.image.hasEligibleLeaderReplicas { shareMinInSync(in: &draft) }
        return draft.records
    }

    /// Takes in records that were appended to the log and end at `position`.
    package mutating func accept(
        _ records: [MetadataRecord], endingAt position: MetadataPosition, now: Instant
    ) {
        precondition(active != nil, "only an active controller decides")
        guard !records.isEmpty else { return }
        for record in records {
            do throws(ReplayError) {
                let change = try image.apply(record)
                assertInvariants(after: change)
                note(change, at: position.lastOffset, now: now)
            } catch {
                preconditionFailure("a decision that cannot be replayed is wrong: \(error)")
            }
        }
        image.advance(to: position)
        active?.lastPending = position.lastOffset
        active?.timers.recordsWritten(at: now, settings)
        assertFencedOutsideISR(after: records)
    }

    /// Stops to lead: what is not committed is forgotten, as the next leader may never have seen it.
    package mutating func resign() {
        guard active != nil else { return }
        active = nil
        image = log.latest
        refreshSettings()
    }
}

// MARK: - Following what was decided

extension Controller {
    private mutating func note(_ change: MetadataChange, at offset: Offset, now: Instant) {
        switch change {
        case .broker(let id):
            if let registration = image.broker(id) {
                follow(registration, at: offset, now: now)
                let isLeaving = registration.isInControlledShutdown && !registration.isFenced
                let known = active?.liveness.contact(of: id)?.shutdownOffset
                if isLeaving, known == nil { active?.liveness.enteredShutdown(id, offset: offset) }
            } else {
                active?.liveness.unregistered(id)
            }
        case .config(let resource) where resource.kind == .broker: refreshSettings()
        default: break
        }
    }

    private mutating func follow(
        _ registration: BrokerRegistration, at offset: Offset, now: Instant
    ) {
        let session = session(of: registration)
        let grace = registration.isMartlet ? settings.activationGrace : session
        active?.liveness.registered(
            registration, at: offset, session: session, deadline: now + grace)
    }

    /// Silence of that broker that means its end.
    func session(of broker: BrokerRegistration) -> Duration {
        broker.isMartlet ? settings.martletSession : settings.kafkaSession
    }

    private mutating func refreshSettings() {
        var own = settings.broker
        let id = String(settings.nodeID.rawValue)
        // What the table refuses was checked when it was written, or comes from another version: not set.
        _ = own.replaceDynamic(
            clusterDefault: image.dictionary(of: ConfigResource(.broker, "")),
            own: image.dictionary(of: ConfigResource(.broker, id)))
        broker = own
        defaults = TopicDefaults(own)
    }
}
