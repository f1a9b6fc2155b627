internal import Bytes
internal import Model
internal import Raft
internal import WireMessages

/// Vote, v0 to v2 (KIP-595, 853, 996).
enum VoteHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: VoteRequest = try scope.request()
        let version = scope.exchange.version
        scope.quorum(request.quorumRequest, clusterID: request.clusterID) {
            (response, _) -> VoteResponse? in
            guard case .vote(let answer) = response else { return nil }
            return VoteResponse(answer, version: version)
        } refused: {
            var response = VoteResponse()
            response.errorCode = .invalidRequest
            return response
        }
    }
}
