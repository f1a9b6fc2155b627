internal import Bytes
internal import Raft
internal import WireMessages

/// RemoveRaftVoter, v0 (KIP-853), by the quorum's leader. Brokers forward it.
enum RemoveRaftVoterHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: RemoveRaftVoterRequest = try scope.request()
        scope.changeVoters(request.quorumRequest, clusterID: request.clusterID) {
            RemoveRaftVoterResponse($0)
        }
    }
}
