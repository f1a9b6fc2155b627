internal import Bytes
internal import Model
internal import Raft
internal import WireMessages

/// UpdateRaftVoter, v0 (KIP-853), from a voter to the quorum's leader.
enum UpdateRaftVoterHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: UpdateRaftVoterRequest = try scope.request()
        scope.quorum(request.quorumRequest, clusterID: request.clusterID) {
            (response, _) -> UpdateRaftVoterResponse? in
            guard case .change(let answer) = response else { return nil }
            return UpdateRaftVoterResponse(answer)
        } refused: {
            var response = UpdateRaftVoterResponse()
            response.errorCode = .invalidRequest
            return response
        }
    }
}
