import Model
import Raft

/// What an operator does to the voters.
extension ToyCluster {
    /// The key under which a node runs at the moment.
    func key(_ index: Int) -> ReplicaKey {
        ReplicaKey(nodes[index].id, nodes[index].configuration.directoryID)
    }

    /// Asks `leader` to add a node as it runs. Answers the token that `answers` knows the outcome by.
    @discardableResult
    mutating func add(_ index: Int, at leader: Int, waitsForCommit: Bool = true) -> UInt64 {
        let endpoints = Self.voter(index + 1).endpoints
        return request(
            .addVoter(
                .init(voter: key(index), endpoints: endpoints, waitsForCommit: waitsForCommit)),
            of: leader)
    }

    @discardableResult
    mutating func remove(_ voter: ReplicaKey, at leader: Int) -> UInt64 {
        request(.removeVoter(.init(voter: voter)), of: leader)
    }

    @discardableResult
    mutating func request(_ request: Raft.Request, of index: Int) -> UInt64 {
        let token = takeToken()
        let wallTime = Timestamp(now.nanoseconds / 1_000_000)
        tell(index) { mind, now, effects in
            mind.requestReceived(
                request, token: Raft.RequestToken(token), clusterID: nil, now: now,
                wallTime: wallTime, &effects)
        }
        return token
    }

    /// The disk of a node that is down is replaced by an empty one, formatted without voters.
    mutating func wipe(_ index: Int) {
        precondition(nodes[index].mind == nil)
        check.wiped(nodes[index])
        nodes[index].configuration.directoryID = Self.secondDirectory(index + 1)
        nodes[index].disk = ToyDisk()
        nodes[index].formatted = nil
    }
}
