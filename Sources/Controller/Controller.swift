package import InternalRecords
package import Metadata
package import Model
internal import Configuration

/// The mind of a controller, active or standing by.
///
/// **Decide, append, accept.** A decision returns records and an answer and leaves the image alone; the
/// household appends the records to the quorum's log and hands them to `accept`, which changes the
/// provisional image, so that the next decision sees them; the answer goes out when the log's high watermark
/// passes them. If leadership is lost, the provisional part is forgotten: `resign` returns to what is
/// committed. Both images are persistent values, so keeping two costs nothing.
///
/// **Standing by** the same image is fed from the committed log, so a new leader is active at once.
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
    /// Reads the committed log while standing by.
    private var standby = MetadataReplay()

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
        /// The image at the high watermark.
        var committed: MetadataImage
        /// What was accepted above the high watermark: the last offset of each batch, and the image after it.
        var pending: [(lastOffset: Offset, image: MetadataImage)] = []
    }

    /// Whether this controller decides.
    package var isActive: Bool { active != nil }

    /// The image at the high watermark: what may be told to others.
    package var committedImage: MetadataImage { active?.committed ?? image }

    /// The last offset not yet committed that a decision made now rests on; nil if all is committed.
    package var lastPendingOffset: Offset? { active?.pending.last?.lastOffset }

    /// A decision in the making.
    var draft: Draft { Draft(from: image, defaults: defaults) }
}

// MARK: - Standing by

extension Controller {
    /// Replays a committed batch, or a part of a snapshot, written by another controller.
    package mutating func replay(
        _ records: [MetadataRecord], endingAt position: MetadataPosition
    ) throws(ReplayError) {
        precondition(active == nil, "an active controller accepts what it decided itself")
        try standby.replay(records, endingAt: position)
        image = standby.latest
        let changed = standby.take().delta.configs.elements
        if changed.contains(where: { $0.kind == .broker }) { refreshSettings() }
    }

    /// Forgets everything: a snapshot follows.
    package mutating func reset() {
        precondition(active == nil, "an active controller is ahead of every snapshot")
        standby = MetadataReplay()
        image = MetadataImage()
        refreshSettings()
    }
}

// MARK: - Leading

extension Controller {
    /// Becomes active: everything before this term is replayed, nothing of it is written yet.
    ///
    /// - Parameter bootstrap: the records that begin a new cluster's log; used if the log is empty.
    /// - Returns: records to append and accept before anything else is decided, possibly none.
    package mutating func becomeActive(
        term: Term, now: Instant, bootstrap: [MetadataRecord]
    ) -> [MetadataRecord] {
        precondition(active == nil, "a controller becomes active once in a term")
        var records: [MetadataRecord] = []
        if standby.isInTransaction {
            // Whoever led before could not end it.
            var record = AbortTransactionRecord()
            record.reason = "the controller changed"
            records.append(.abortTransaction(record))
            image = standby.published
        }
        if image.features.isEmpty { records += bootstrap }
        active = Active(
            term: term, timers: Timers(settings, now: now), committed: standby.published)
        for registration in image.allBrokers { follow(registration, now: now) }
        return records
    }

    /// Takes in records that were appended to the log and end at `lastOffset`.
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
        active?.pending.append((position.lastOffset, image))
        active?.timers.recordsWritten(at: now, settings)
        assertFencedOutsideISR(after: records)
    }

    /// The high watermark passed `offset`: what lies below is safe.
    package mutating func committed(through offset: Offset) {
        guard var active else { return }
        self.active = nil
        while let first = active.pending.first, first.lastOffset <= offset {
            active.committed = first.image
            active.pending.removeFirst()
        }
        self.active = active
    }

    /// Stops to lead: what was not committed is forgotten, as the next leader may never have seen it.
    package mutating func resign() {
        guard let active else { return }
        image = active.committed
        standby = MetadataReplay(from: image)
        self.active = nil
        refreshSettings()
    }
}

// MARK: - Following what was decided

extension Controller {
    private mutating func note(_ change: MetadataChange, at offset: Offset, now: Instant) {
        switch change {
        case .broker(let id):
            if let registration = image.broker(id) {
                follow(registration, now: now)
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

    private mutating func follow(_ registration: BrokerRegistration, now: Instant) {
        let session = session(of: registration)
        let grace = registration.isMartlet ? settings.activationGrace : session
        active?.liveness.registered(registration, session: session, deadline: now + grace)
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
