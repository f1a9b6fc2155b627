internal import Bytes
internal import Model
internal import Ports
internal import Raft
internal import Wire

extension RequestScope {
    /// Hands a quorum request to the mind on the metadata loop and its answer back to the sender.
    ///
    /// - Parameters:
    ///   - request: nil if it is not about the metadata partition.
    ///   - translate: the mind's answer as a message; nil for one of another kind, which cannot be.
    ///   - refused: the answer to what is not about the metadata partition.
    func quorum<Response: ResponseMessage>(
        _ request: Raft.Request?, clusterID: String?,
        translate: @escaping @Sendable (Raft.Response, SharedBytes) -> Response?,
        refused: () -> Response
    ) {
        let exchange = exchange
        guard let request else {
            exchange.respond(refused())
            return
        }
        ask(request, clusterID: clusterID) { response, bytes in
            guard let message = translate(response, bytes) else {
                preconditionFailure("each request is answered by its own kind")
            }
            exchange.respond(message)
        }
    }

    /// Hands a change of the voters to the quorum's leader: a broker forwards it, and a controller that does not
    /// lead says so, to a broker that forwarded it in the Envelope.
    func changeVoters<Response: ResponseMessage>(
        _ request: Raft.Request, clusterID: String?,
        translate: @escaping @Sendable (Raft.Response.ChangeResponse) -> Response
    ) {
        let exchange = exchange
        guard exchange.listener.kind == .controller else { return forward() }
        ask(request, clusterID: clusterID) { response, _ in
            guard case .change(let answer) = response else {
                preconditionFailure("each request is answered by its own kind")
            }
            if answer.error == .notLeaderOrFollower, exchange.isForwarded {
                exchange.redirect()
            } else {
                exchange.respond(translate(answer))
            }
        }
    }

    private func ask(
        _ request: Raft.Request, clusterID: String?,
        _ answer: @escaping @Sendable (Raft.Response, SharedBytes) -> Void
    ) {
        let exchange = exchange
        guard let cluster = shard.cluster else {
            exchange.closeConnection()
            return
        }
        cluster.run { link in
            guard !link.quorum.isOverloaded else {
                exchange.closeConnection()
                return
            }
            link.quorum.received(request, clusterID: clusterID, answer: answer)
        }
    }
}
