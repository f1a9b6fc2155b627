internal import InternalRecords
internal import Model

/// An operator who takes voters out of the quorum and puts them back, and replaces the one whose disk was
/// exchanged by what came in its place (KIP-853).
///
/// At most one is out at a time. A request whose answer was lost may be carried out much later, when a broker
/// that held it wakes up: then nobody knows how many vote, and no disk may be exchanged any more.
final class VoterChores {
    private enum State {
        case whole
        /// It was taken out.
        case without(SimulatedNode)
    }

    private let cluster: SimulatedCluster
    private let admin: SimulatedAdmin
    private let controllers: [SimulatedNode]
    /// As each of them was added last.
    private var known: [VotersRecord.Voter]
    private var state = State.whole
    private var wishes = 0
    /// Rounds of removal and addition.
    private(set) var changeCount = 0

    init(on cluster: SimulatedCluster) {
        self.cluster = cluster
        admin = SimulatedAdmin(on: cluster.makeClient(), timeline: cluster.timeline)
        controllers = cluster.nodes.filter(\.role.isController)
        known = controllers.map(\.asVoter)
    }

    /// Whether everybody votes, without doubt, so that one of them may lose its disk.
    var allVote: Bool {
        guard case .whole = state, admin.isIdle else { return false }
        return admin.attemptCount == wishes && exchanged == nil
    }

    /// Whose directory is another than it was added with.
    private var exchanged: Int? {
        controllers.indices.first {
            controllers[$0].asVoter.voterDirectoryID != known[$0].voterDirectoryID
        }
    }

    /// Does one thing, if the one before is done.
    func doOne() {
        guard admin.isIdle else { return }
        switch state {
        case .without(let node):
            wishes += 1
            admin.addVoter(node.asVoter)
            state = .whole
        case .whole:
            if let index = exchanged {
                remove(index)
            } else if cluster.draw(0...2) == 0 {
                remove(cluster.draw(0...controllers.count - 1))
            }
        }
    }

    private func remove(_ index: Int) {
        wishes += 1
        changeCount += 1
        admin.removeVoter(known[index])
        known[index] = controllers[index].asVoter
        state = .without(controllers[index])
    }

    /// Brings back who is out; whether nothing is left to do.
    func finish() -> Bool {
        guard admin.isIdle else { return false }
        if case .whole = state, exchanged == nil { return true }
        doOne()
        return false
    }
}
