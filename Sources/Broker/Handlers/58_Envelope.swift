internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

/// Envelope, v0 (KIP-590): a client's admin request that its broker passes on. The principal inside is not
/// looked at yet, because nobody is refused anything while there is no authorizer.
enum EnvelopeHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: EnvelopeRequest = try scope.request()
        let outer = scope.exchange
        let header: RequestHeader
        let body: SharedBytes
        do throws(DecodeError) {
            var reader = ByteReader(request.requestData)
            header = try RequestHeader(request: &reader)
            body = request.requestData.suffix(from: reader.position)
        } catch {
            answer(outer, .invalidRequest)
            return
        }
        guard header.apiKey.facts?.isForwarded == true else {
            answer(outer, .invalidRequest)
            return
        }
        let inner = Exchange(
            header: header, body: body, frame: request.requestData, listener: outer.listener,
            peer: outer.peer, receivedAt: outer.receivedAt,
            origin: .envelope { data in
                guard let data else {
                    answer(outer, .unknownServerError)
                    return
                }
                // A controller that is not active says so outside, so that the broker asks another.
                var response = EnvelopeResponse()
                response.responseData = data
                outer.respond(response)
            },
            redirected: { answer(outer, .notController) })
        let shard = scope.shard
        do throws(RequestError) {
            try RequestServer(listener: outer.listener, shard: shard, table: .served)
                .dispatch(inner, connection: nil)
        } catch {
            answer(outer, .invalidRequest)
        }
    }

    private static func answer(_ outer: Exchange, _ error: ErrorCode) {
        var response = EnvelopeResponse()
        response.errorCode = error
        outer.respond(response)
    }
}
