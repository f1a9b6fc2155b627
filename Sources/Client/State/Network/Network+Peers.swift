internal import Bytes
internal import Model
internal import Wire

extension Network {
    /// A further link.
    mutating func add(_ link: Link) {
        indexByPeer[link.peer] = links.count
        links.append(link)
    }

    /// Which nodes there are now. A connection made under a bootstrap address that turns out to be a
    /// node's is kept as that node's.
    mutating func update(nodes: [(id: BrokerID, address: ServerAddress)], now: Instant) {
        for node in nodes {
            if let index = indexByPeer[.node(node.id)] {
                links[index].isForgotten = false
                guard links[index].address != node.address else { continue }
                drop(index, because: "the node moved to \(node.address)", now: now)
                links[index].address = node.address
                links[index].state = .idle(notBefore: now)
            } else if let index = adoptable(node.address) {
                indexByPeer[links[index].peer] = nil
                let replacement = Link(peer: links[index].peer, address: node.address)
                links[index].peer = .node(node.id)
                indexByPeer[.node(node.id)] = index
                add(replacement)
            } else {
                add(Link(peer: .node(node.id), address: node.address))
            }
        }
        let known = Set(nodes.map(\.id))
        for index in links.indices {
            guard case .node(let id) = links[index].peer, !known.contains(id) else { continue }
            links[index].isForgotten = true
        }
    }

    /// Where the group's coordinator is. A connection to another node, or to one that was given up, is
    /// closed.
    mutating func setCoordinator(_ address: ServerAddress, isSame: Bool, now: Instant) {
        guard let index = indexByPeer[.coordinator] else {
            return add(Link(peer: .coordinator, address: address))
        }
        if isSame, links[index].address == address { return }
        drop(index, because: "the coordinator is \(address)", now: now)
        links[index].address = address
        links[index].state = .idle(notBefore: now)
        links[index].failures = 0
        links[index].lastFailure = nil
    }

    /// Closes the connection to the coordinator; the next question opens another.
    mutating func renewCoordinator(now: Instant) {
        guard let index = indexByPeer[.coordinator] else { return }
        setCoordinator(links[index].address, isSame: false, now: now)
    }

    /// Whether the connection to the coordinator has failed since it was last set or ready.
    var hasLostCoordinator: Bool {
        indexByPeer[.coordinator].map { links[$0].failures > 0 } ?? false
    }

    private func adoptable(_ address: ServerAddress) -> Int? {
        links.firstIndex { link in
            guard case .bootstrap = link.peer else { return false }
            return link.isReady && link.address == address
        }
    }

    /// Forgets all nodes, so that the next question goes to the configured servers (KIP-1102).
    mutating func rebootstrap(now: Instant) {
        for index in links.indices {
            guard case .node = links[index].peer else { continue }
            drop(index, because: "the server asked to bootstrap again", now: now)
            links[index].isForgotten = true
        }
    }

    /// The address of a peer, for messages.
    func address(of peer: Peer) -> ServerAddress? { indexByPeer[peer].map { links[$0].address } }

    /// Requests to `node` that wait or are under way.
    func load(of node: BrokerID) -> Int { indexByPeer[.node(node)].map { links[$0].load } ?? 0 }

    /// The connection to `node`, once its versions are known.
    func readyConnection(of node: BrokerID) -> ConnectionID? {
        guard let index = indexByPeer[.node(node)], links[index].isReady else { return nil }
        return links[index].connection
    }

    /// What `node` speaks, once it is ready.
    func versions(of node: BrokerID) -> NodeVersions? {
        guard let index = indexByPeer[.node(node)], links[index].isReady else { return nil }
        return links[index].versions
    }

    /// Why servers could not be reached, of the last failure.
    var lastFailure: String? { links.lazy.compactMap(\.lastFailure).first }

    /// A peer for a request that any may answer: the least busy ready one; else one that is being connected
    /// to; else one that may be tried; else one that is slow. Nil while all are in their pause. The
    /// configured servers count while no node is known, and again once every known node has failed.
    mutating func anyPeer(now: Instant) -> Peer? {
        let candidates = self.candidates
        let patience = configuration.patience
        let ready = candidates.filter { links[$0].isReady }
        let awake = ready.filter { !links[$0].isSlow(now: now, patience: patience) }
        if let least = awake.min(by: { links[$0].load < links[$1].load }) {
            return links[least].peer
        }
        let underWay = candidates.first { index in
            links[index].connection != nil && !links[index].isReady
                && !links[index].isSlow(now: now, patience: patience)
        }
        if let underWay { return links[underWay].peer }
        let startable = candidates.filter { index in
            guard case .idle(let notBefore) = links[index].state else { return false }
            return now >= notBefore
        }
        if let fewest = startable.map({ links[$0].failures }).min() {
            let best = startable.filter { links[$0].failures == fewest }
            return links[best[random.below(best.count)]].peer
        }
        return ready.first.map { links[$0].peer }
    }

    private var candidates: [Int] {
        let nodes = links.indices.filter { index in
            guard case .node = links[index].peer else { return false }
            return !links[index].isForgotten
        }
        guard nodes.allSatisfy({ links[$0].failures > 0 }) else { return nodes }
        let bootstrap = links.indices.filter { index in
            guard case .bootstrap = links[index].peer else { return false }
            return true
        }
        return nodes + bootstrap
    }

    /// When `anyPeer` may have an answer again, after it had none. A forgotten node is none it would name: its
    /// pause is long over, and would hide those of the others.
    var nextAttempt: Instant {
        candidates.reduce(.distantFuture) { next, index in
            guard case .idle(let notBefore) = links[index].state else { return next }
            return min(next, notBefore)
        }
    }
}
