internal import Bytes
internal import Model
internal import Raft
internal import WireMessages

/// BeginQuorumEpoch, v0 and v1 (KIP-595, 853).
enum BeginQuorumEpochHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: BeginQuorumEpochRequest = try scope.request()
        let version = scope.exchange.version
        scope.quorum(request.quorumRequest, clusterID: request.clusterID) {
            (response, _) -> BeginQuorumEpochResponse? in
            guard case .beginEpoch(let answer) = response else { return nil }
            return BeginQuorumEpochResponse(answer, version: version)
        } refused: {
            var response = BeginQuorumEpochResponse()
            response.errorCode = .invalidRequest
            return response
        }
    }
}
