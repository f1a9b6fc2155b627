internal import Bytes
internal import Model
internal import Raft
internal import Wire
internal import WireMessages

/// Fetch of the metadata log, on a controller's listener (KIP-595, 630, 853, 1166).
enum QuorumFetchHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: FetchRequest = try scope.request()
        let version = scope.exchange.version
        let raft = request.quorumRequest(version: scope.exchange.version)
        scope.quorum(raft, clusterID: request.clusterID) { (response, bytes) -> FetchResponse? in
            guard case .fetch(let answer) = response else { return nil }
            return FetchResponse(answer, records: bytes, version: version)
        } refused: {
            var response = FetchResponse()
            response.errorCode = .invalidRequest
            return response
        }
    }
}
