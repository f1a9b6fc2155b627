internal import Bytes
internal import Model
internal import Ports
internal import WireMessages

/// InitProducerId, v0 to v5, for idempotent producers (KIP-98, 360). Not supported: transactional ids.
enum InitProducerIdHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: InitProducerIdRequest = try scope.request()
        let exchange = scope.exchange
        var response = InitProducerIdResponse()
        response.producerEpoch = -1
        guard request.transactionalID == nil else {
            // Transactions come with their coordinator; until then nothing pretends to be one.
            response.errorCode =
                request.transactionalID?.isEmpty == true
                ? .invalidRequest : .coordinatorNotAvailable
            exchange.respond(response)
            return
        }
        scope.shard.cluster?.run { cluster in
            cluster.producerIDs.take { error, id in
                var response = InitProducerIdResponse()
                response.errorCode = error
                response.producerID = id.rawValue
                // A producer whose epoch is used up, or that asks to be recovered, begins with a new id.
                response.producerEpoch = error == .none ? 0 : -1
                exchange.respond(response)
            }
        }
    }
}
