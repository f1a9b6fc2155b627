internal import Bytes
internal import Coordination
internal import Metadata
internal import Model
internal import Ports
internal import WireMessages

/// FindCoordinator, v0 to v6 (KIP-699, 932), for groups: the leader of the group's partition of
/// `__consumer_offsets`, which is made when first asked for. Transactions and share groups have no
/// coordinator here yet and are answered INVALID_REQUEST.
enum FindCoordinatorHandler {
    private static let groupType: Int8 = 0

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: FindCoordinatorRequest = try scope.request()
        let exchange = scope.exchange
        let shard = scope.shard
        let isGroup = request.keyType == groupType || exchange.version == 0
        guard isGroup, shard.image.topicID(named: InternalTopics.offsets) == nil else {
            exchange.respond(response(request, exchange, shard, isGroup: isGroup))
            return
        }
        let bound = LoopBound(shard, on: shard.loop)
        shard.cluster?.run { cluster in
            cluster.topicCreation.create([InternalTopics.offsets]) { failures in
                bound.run { shard in
                    shard.whenKnown(failures.isEmpty ? [InternalTopics.offsets] : []) {
                        exchange.respond(response(request, exchange, shard, isGroup: true))
                    }
                }
            }
        }
    }

    private static func response(
        _ request: FindCoordinatorRequest, _ exchange: Exchange, _ shard: Shard, isGroup: Bool
    ) -> FindCoordinatorResponse {
        var response = FindCoordinatorResponse()
        let keys = exchange.version >= 4 ? request.coordinatorKeys : [request.key]
        let found = keys.map { coordinator(of: $0, exchange, shard, isGroup: isGroup) }
        guard exchange.version < 4 else {
            response.coordinators = found
            return response
        }
        if let only = found.first {
            response.errorCode = only.errorCode
            response.errorMessage = only.errorMessage
            response.nodeID = only.nodeID
            response.host = only.host
            response.port = only.port
        }
        return response
    }

    private static func coordinator(
        of key: String, _ exchange: Exchange, _ shard: Shard, isGroup: Bool
    ) -> FindCoordinatorResponse.Coordinator {
        var found = FindCoordinatorResponse.Coordinator()
        found.key = key
        found.nodeID = -1
        found.port = -1
        found.errorMessage = nil
        guard isGroup else {
            found.errorCode = .invalidRequest
            found.errorMessage = "this cluster coordinates groups only"
            return found
        }
        guard let topic = shard.image.topic(named: InternalTopics.offsets),
            topic.partitionCount > 0,
            let leader = topic.partition(
                CoordinatedKey.partition(of: key, among: topic.partitionCount))?.leader,
            let endpoint = shard.image.endpoint(of: leader, on: exchange.listener.name)
        else {
            found.errorCode = .coordinatorNotAvailable
            return found
        }
        found.nodeID = leader.rawValue
        found.host = endpoint.host
        found.port = Int32(endpoint.port)
        return found
    }
}
