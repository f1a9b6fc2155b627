internal import Metadata
internal import Model

/// When each broker was last heard of: soft state of the active controller, lost with its leadership.
///
/// Only a broker's own silence is evidence (design.md §5). An unfenced broker has a deadline: the end of its
/// session, or earlier the end of the grace that a broken heartbeat connection or a new controller gives. A
/// fenced broker has none, but its session still tells whether its process is alive.
struct BrokerLiveness: Sendable {
    struct Contact: Sendable {
        /// The registration this is about; another one begins anew.
        let epoch: BrokerEpoch
        let session: Duration
        var isFenced: Bool
        /// Nil before the first heartbeat to this controller.
        var lastHeard: Instant?
        var isConnectionLost = false
        /// When silence has lasted long enough.
        var deadline: Instant
        /// How far the broker has replayed the metadata log, as it told last.
        var metadataOffset: Offset = .none
        /// While fenced: what the broker must have replayed to be unfenced. What it led then is led by others
        /// now, and it would answer for it otherwise.
        var fenceOffset: Offset
        /// Set while in controlled shutdown: every active broker must have replayed this before it may stop.
        var shutdownOffset: Offset?
    }

    private var contacts: [BrokerID: Contact] = [:]

    func contact(of broker: BrokerID) -> Contact? { contacts[broker] }

    /// A registration appeared, or changed, or this controller has just become active.
    ///
    /// - Parameter offset: where the log says so.
    mutating func registered(
        _ broker: BrokerRegistration, at offset: Offset, session: Duration, deadline: Instant
    ) {
        if var known = contacts[broker.id], known.epoch == broker.epoch {
            if known.isFenced, !broker.isFenced { known.deadline = max(known.deadline, deadline) }
            if !known.isFenced, broker.isFenced { known.fenceOffset = offset }
            known.isFenced = broker.isFenced
            contacts[broker.id] = known
        } else {
            contacts[broker.id] = Contact(
                epoch: broker.epoch, session: session, isFenced: broker.isFenced,
                deadline: deadline, fenceOffset: offset)
        }
    }

    mutating func unregistered(_ broker: BrokerID) { contacts[broker] = nil }

    mutating func heard(_ broker: BrokerID, at now: Instant, metadataOffset: Offset) {
        guard var contact = contacts[broker] else { return }
        contact.lastHeard = now
        contact.isConnectionLost = false
        contact.deadline = now + contact.session
        contact.metadataOffset = max(contact.metadataOffset, metadataOffset)
        contacts[broker] = contact
    }

    /// The connection of its last heartbeat broke without goodbye: it must soon speak on another.
    mutating func connectionLost(by broker: BrokerID, deadline: Instant) {
        guard var contact = contacts[broker] else { return }
        contact.isConnectionLost = true
        contact.deadline = min(contact.deadline, deadline)
        contacts[broker] = contact
    }

    mutating func enteredShutdown(_ broker: BrokerID, offset: Offset) {
        contacts[broker]?.shutdownOffset = offset
    }

    /// The process was not run for a while: give everybody time to be heard before silence counts.
    mutating func stalled(until deadline: Instant) {
        for (broker, contact) in contacts where contact.deadline < deadline {
            contacts[broker]?.deadline = deadline
        }
    }

    /// Whether a process with that registration is known to be alive.
    func hasSession(_ broker: BrokerID, epoch: BrokerEpoch, at now: Instant) -> Bool {
        guard let contact = contacts[broker], contact.epoch == epoch else { return false }
        guard let lastHeard = contact.lastHeard, !contact.isConnectionLost else { return false }
        return now < lastHeard + contact.session
    }

    /// When the next unfenced broker has been silent for too long.
    var nextDeadline: Instant? {
        contacts.values.filter { !$0.isFenced }.map(\.deadline).min()
    }

    /// The unfenced broker that has been silent for too long the longest.
    func expired(at now: Instant) -> BrokerID? {
        contacts.filter { !$0.value.isFenced && $0.value.deadline <= now }
            .min { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }?.key
    }

    /// The lowest offset replayed by the brokers `among`; nil if there are none.
    func lowestOffset(among brokers: [BrokerID]) -> Offset? {
        brokers.compactMap { contacts[$0]?.metadataOffset }.min()
    }
}
