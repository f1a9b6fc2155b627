internal import Bytes
internal import Model
internal import Raft
internal import WireMessages

/// FetchSnapshot, v0 and v1 (KIP-630, 853).
enum FetchSnapshotHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: FetchSnapshotRequest = try scope.request()
        let version = scope.exchange.version
        scope.quorum(request.quorumRequest, clusterID: request.clusterID) {
            (response, bytes) -> FetchSnapshotResponse? in
            guard case .fetchSnapshot(let answer) = response else { return nil }
            return FetchSnapshotResponse(answer, bytes: bytes, version: version)
        } refused: {
            var response = FetchSnapshotResponse()
            response.errorCode = .invalidRequest
            return response
        }
    }
}
