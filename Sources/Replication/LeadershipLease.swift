package import Model

/// Until when a broker may believe that what it led it still leads, so that its own word is worth something
/// (`acks=1`).
///
/// Nobody else leads before the controller has fenced this broker. So the lease must end before the first
/// moment at which any controller may do so, by what this broker can know:
///
/// - *An answered heartbeat* gives a lease of `leaseMax`, counted from when the heartbeat was **sent**. A
///   controller that answers has not fenced; its own patience is the session. It may have been deposed without
///   knowing: then its voters have heard nothing of it for the quorum's fetch timeout, after `idleMax` at the
///   latest it waits for a commit that does not come and answers no more, and its successor waits
///   `activationGrace` for this broker. `leaseMax` is what these leave.
/// - *The heartbeat connection broke*: if the controller saw it too, it fences `connectionGrace` later. If it broke
///   there and not here, the controller waits for the end of what the last heartbeat that it heard is worth.
/// - *The controller's process is gone* (its port refuses): only a new one can fence, `activationGrace` after
///   its election.
/// - *Another controller is, or will be, active*: it fences `activationGrace` after it became active.
/// - *Fenced, or the registration is lost*: somebody else may lead already.
///
/// Each of them only shortens; an answered heartbeat alone extends. See
/// `docs/decisions/0010-a-lease-ends-before-anybody-may-fence.md`, which also names what is not covered.
package struct LeadershipLease: Hashable, Sendable {
    /// The times a lease is made of. The graces are those of the controller (`ControllerSettings`).
    package struct Terms: Hashable, Sendable {
        /// What an answered heartbeat is worth.
        package let leaseMax: Duration
        let connectionGrace: Duration
        let activationGrace: Duration
        let heartbeatInterval: Duration

        /// - Parameters:
        ///   - longest: what a controller may count on after which no answered heartbeat is worth anything.
        ///   - idleMax: how long a controller answers without having committed anything.
        package init(
            longest: Duration, quorumFetchTimeout: Duration, idleMax: Duration,
            heartbeatInterval: Duration, connectionGrace: Duration, activationGrace: Duration
        ) {
            let successor = quorumFetchTimeout + activationGrace - idleMax
            // Shorter than two heartbeats no lease would hold.
            leaseMax = max(min(longest, successor), heartbeatInterval * 2)
            self.connectionGrace = connectionGrace
            self.activationGrace = activationGrace
            self.heartbeatInterval = heartbeatInterval
        }

        /// Half of the controller's grace: as much again is left for the break to be seen here later than
        /// there.
        var afterBreak: Duration { connectionGrace / 2 }

        /// What is left of a new controller's grace when this broker hears of the change one heartbeat late.
        var afterChange: Duration { max(activationGrace - heartbeatInterval, .zero) }
    }

    private let terms: Terms
    /// What the last answered heartbeat gave, whatever happened since.
    private var granted = Instant.zero
    /// When the connection broke that is not replaced yet.
    private var brokenAt: Instant?
    /// When the lease ends.
    package private(set) var expiry = Instant.zero

    package init(_ terms: Terms) { self.terms = terms }

    /// A heartbeat sent at `sentAt` was answered, and this broker is not fenced.
    package mutating func heartbeatAnswered(sentAt: Instant) {
        brokenAt = nil
        granted = max(granted, sentAt + terms.leaseMax)
        expiry = granted
    }

    /// The connection of heartbeats ended.
    package mutating func connectionLost(at now: Instant) {
        guard brokenAt == nil else { return }
        brokenAt = now
        shorten(to: now + terms.afterBreak)
    }

    /// Instead of a new connection the controller's machine refused: nothing listens there any more.
    package mutating func controllerGone() {
        guard let brokenAt else { return }
        expiry = min(granted, max(expiry, brokenAt + terms.activationGrace))
    }

    /// Another controller is active or about to be.
    package mutating func controllerChanged(at now: Instant) {
        // What was granted by the former one is not worth more than this again.
        granted = min(granted, now + terms.afterChange)
        shorten(to: granted)
    }

    /// The controller does not count on this broker.
    package mutating func lost() {
        granted = .zero
        expiry = .zero
    }

    /// Whether this broker's word is worth something.
    package func isHeld(at now: Instant) -> Bool { now < expiry }

    private mutating func shorten(to end: Instant) { expiry = min(expiry, end) }
}
