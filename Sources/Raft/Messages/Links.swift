import Model

/// Who may be sent something now: at most one request is on its way to each node, and after a failure a
/// node is left alone for a while.
struct Links: Equatable, Sendable {
    struct InFlight: Equatable, Sendable {
        let id: Raft.RequestID
        let request: Raft.Request
        let deadline: Instant
    }

    private enum State: Equatable, Sendable {
        case idle
        case waiting(InFlight)
        case resting(until: Instant)
    }

    private struct Link: Equatable, Sendable {
        let peer: Raft.Peer
        var state: State
    }

    /// Few, in ascending order, so that nothing depends on hashes.
    private var links: [Link] = []
    private var nextID: UInt64 = 0

    func isReady(_ peer: Raft.Peer, now: Instant) -> Bool {
        switch state(of: peer) {
        case .idle: true
        case .waiting: false
        case .resting(let until): until <= now
        }
    }

    func isResting(_ peer: Raft.Peer, now: Instant) -> Bool {
        guard case .resting(let until) = state(of: peer) else { return false }
        return until > now
    }

    func inFlight(to peer: Raft.Peer) -> InFlight? {
        guard case .waiting(let inFlight) = state(of: peer) else { return nil }
        return inFlight
    }

    mutating func sent(_ request: Raft.Request, to peer: Raft.Peer, deadline: Instant)
        -> Raft.RequestID
    {
        let id = Raft.RequestID(rawValue: nextID)
        nextID += 1
        set(peer, .waiting(InFlight(id: id, request: request, deadline: deadline)))
        return id
    }

    /// Takes the request with this id off its link; nil if it is waited for no more.
    mutating func ended(_ id: Raft.RequestID) -> (peer: Raft.Peer, request: Raft.Request)? {
        for index in links.indices {
            guard case .waiting(let inFlight) = links[index].state, inFlight.id == id else {
                continue
            }
            links[index].state = .idle
            return (links[index].peer, inFlight.request)
        }
        return nil
    }

    mutating func rest(_ peer: Raft.Peer, until: Instant) { set(peer, .resting(until: until)) }

    /// Requests whose answer is overdue, in ascending order of peer; their links are idle afterwards.
    mutating func takeOverdue(now: Instant) -> [(peer: Raft.Peer, inFlight: InFlight)] {
        var overdue: [(peer: Raft.Peer, inFlight: InFlight)] = []
        for index in links.indices {
            guard case .waiting(let inFlight) = links[index].state, inFlight.deadline <= now else {
                continue
            }
            overdue.append((links[index].peer, inFlight))
            links[index].state = .idle
        }
        return overdue
    }

    /// The first moment after `now` at which a link's state changes by itself.
    func nextDeadline(after now: Instant) -> Instant {
        var first = Instant.distantFuture
        for link in links {
            switch link.state {
            case .idle: break
            case .waiting(let inFlight): first = min(first, inFlight.deadline)
            case .resting(let until): if until > now { first = min(first, until) }
            }
        }
        return first
    }

    private func state(of peer: Raft.Peer) -> State {
        links.first { $0.peer == peer }?.state ?? .idle
    }

    private mutating func set(_ peer: Raft.Peer, _ state: State) {
        let at = links.firstIndex { $0.peer >= peer } ?? links.endIndex
        if at < links.endIndex, links[at].peer == peer {
            links[at].state = state
        } else {
            links.insert(Link(peer: peer, state: state), at: at)
        }
    }
}
