internal import Bytes
internal import Model
internal import Wire

/// The connection to one peer, through its attempts.
///
///     idle ──open──► connecting ──connected──► negotiating ──versions──► ready
///      ▲                 │                          │                      │
///      └─────────────────┴────────── closed ────────┴──────────────────────┘
///
/// Requests wait in `waiting` until the peer's versions are known; then they leave in order, and answers
/// come in that order.
struct Link: Sendable {
    enum State: Hashable, Sendable {
        /// No connection; the next attempt not before then.
        case idle(notBefore: Instant)
        case connecting(ConnectionID)
        /// Asked for the peer's API versions.
        case negotiating(ConnectionID)
        case ready(ConnectionID)
    }

    struct Waiting: Sendable {
        let purpose: RequestPurpose
        let request: OutgoingRequest
        /// Given up if it has not left by then.
        let deadline: Instant
    }

    struct InFlight: Sendable {
        /// Nil for the question for API versions.
        let purpose: RequestPurpose?
        let apiKey: ApiKey
        let version: Int16
        let correlationID: Int32
        let sentAt: Instant
        let deadline: Instant
    }

    var peer: Peer
    var address: ServerAddress
    var state: State = .idle(notBefore: .zero)
    /// What the peer speaks; known while ready.
    var versions = NodeVersions()
    var waiting: [Waiting] = []
    var inFlight: [InFlight] = []
    var nextCorrelationID: Int32 = 0
    /// When an attempt to connect begins to count as slow, and what waits for it is handed back, once, so that
    /// another server may take it.
    var slowAfter: Instant = .distantFuture
    var hasHandedBack = false
    /// Attempts that failed since a connection was last ready.
    var failures = 0
    /// Why the last one failed.
    var lastFailure: String?
    /// Whether somebody waits for the connection without having sent a request yet.
    var isWanted = false
    /// Whether the metadata still names the peer; a forgotten one is not connected to again.
    var isForgotten = false

    init(peer: Peer, address: ServerAddress) {
        self.peer = peer
        self.address = address
    }

    var connection: ConnectionID? {
        switch state {
        case .idle: nil
        case .connecting(let id), .negotiating(let id), .ready(let id): id
        }
    }

    var isReady: Bool {
        switch state {
        case .ready: true
        case .idle, .connecting, .negotiating: false
        }
    }

    var wantsConnection: Bool { isWanted || !waiting.isEmpty }

    /// Whether an answer has been out for longer than `patience`, or the connection for as long: the peer may
    /// hang.
    func isSlow(now: Instant, patience: Duration) -> Bool {
        if connection != nil, !isReady, now >= slowAfter { return true }
        return inFlight.first.map { now >= $0.sentAt + patience } ?? false
    }

    /// Whether what waits is to be handed back now.
    func isHandBackDue(_ now: Instant) -> Bool {
        connection != nil && !isReady && !hasHandedBack && now >= slowAfter
    }

    /// How busy the peer is kept.
    var load: Int { waiting.count + inFlight.count }

    /// The next moment at which something must be done without an event.
    var nextDeadline: Instant {
        var next = inFlight.first?.deadline ?? .distantFuture
        for request in waiting { next = min(next, request.deadline) }
        switch state {
        case .idle(let notBefore):
            return wantsConnection ? min(next, notBefore) : next
        case .connecting, .negotiating:
            return hasHandedBack || waiting.isEmpty ? next : min(next, slowAfter)
        case .ready:
            return next
        }
    }

    /// The next number, never negative.
    mutating func takeCorrelationID() -> Int32 {
        defer { nextCorrelationID = nextCorrelationID == .max ? 0 : nextCorrelationID + 1 }
        return nextCorrelationID
    }
}
