internal import Bytes
internal import Model
internal import Raft
internal import WireMessages

/// EndQuorumEpoch, v0 and v1 (KIP-595, 853).
enum EndQuorumEpochHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: EndQuorumEpochRequest = try scope.request()
        let version = scope.exchange.version
        scope.quorum(request.quorumRequest, clusterID: request.clusterID) {
            (response, _) -> EndQuorumEpochResponse? in
            guard case .endEpoch(let answer) = response else { return nil }
            return EndQuorumEpochResponse(answer, version: version)
        } refused: {
            var response = EndQuorumEpochResponse()
            response.errorCode = .invalidRequest
            return response
        }
    }
}
