internal import Bytes
internal import Raft
internal import WireMessages

/// AddRaftVoter, v0 and v1 (KIP-853, 1186), by the quorum's leader. Brokers forward it.
enum AddRaftVoterHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: AddRaftVoterRequest = try scope.request()
        scope.changeVoters(request.quorumRequest, clusterID: request.clusterID) {
            AddRaftVoterResponse($0)
        }
    }
}
