internal import Controller
internal import Model
internal import WireMessages

/// DeleteTopics, v1 to v6 (KIP-4, 516: by id from v6), by the active controller.
enum DeleteTopicsHandler {
    static func handle(
        _ request: DeleteTopicsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (DeleteTopicsResponse) -> Void
    ) {
        let states = version >= 6 ? request.topics : request.topicNames.map(named)
        let meant = states.compactMap(selector)
        driver.decide(
            patience: Duration(patienceMs: request.timeoutMs),
            late: { results, error in results.map { $0.overtaken(by: error) } }
        ) { controller, _ throws(ControllerError) in
            try controller.deleteTopics(meant)
        } completion: { outcome in
            var response = DeleteTopicsResponse()
            var results = outcome.value?.makeIterator()
            for state in states {
                if selector(state) == nil {
                    response.responses.append(
                        refused(
                            state, ControllerError(.invalidRequest, "Name either a topic or an id.")
                        ))
                } else if let result = results?.next() {
                    response.responses.append(shown(result))
                } else {
                    let cause = outcome.refusal ?? ControllerError(.unknownServerError)
                    response.responses.append(refused(state, adapted(cause, version)))
                }
            }
            answer(response)
        }
    }

    private static func named(_ name: String) -> DeleteTopicsRequest.DeleteTopicState {
        var state = DeleteTopicsRequest.DeleteTopicState()
        state.name = name
        return state
    }

    /// Nil if a topic is meant both ways, or neither.
    private static func selector(_ state: DeleteTopicsRequest.DeleteTopicState) -> TopicSelector? {
        switch (state.name, state.topicID.isZero) {
        case (let name?, true): .name(name)
        case (nil, false): .id(TopicID(state.topicID))
        default: nil
        }
    }

    /// Clients before v3 do not know that deletion can be switched off.
    private static func adapted(_ error: ControllerError, _ version: Int16) -> ControllerError {
        guard error.code == .topicDeletionDisabled, version < 3 else { return error }
        return ControllerError(.invalidRequest, error.message)
    }

    private static func shown(_ result: TopicDeletion) -> DeleteTopicsResponse.DeletableTopicResult
    {
        var shown = DeleteTopicsResponse.DeletableTopicResult()
        shown.name = result.name
        shown.topicID = result.id.uuid
        shown.errorCode = result.error?.code ?? .none
        shown.errorMessage = result.error.map { $0.message ?? $0.code.name }
        return shown
    }

    private static func refused(
        _ state: DeleteTopicsRequest.DeleteTopicState, _ error: ControllerError
    ) -> DeleteTopicsResponse.DeletableTopicResult {
        shown(TopicDeletion(name: state.name, id: TopicID(state.topicID), error: error))
    }
}
