internal import Controller
internal import Model
internal import WireMessages

/// UnregisterBroker, v0 (KIP-631), by the active controller.
enum UnregisterBrokerHandler {
    static func handle(
        _ request: UnregisterBrokerRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (UnregisterBrokerResponse) -> Void
    ) {
        driver.decide { controller, _ throws(ControllerError) in
            try controller.unregisterBroker(BrokerID(request.brokerID))
        } completion: { outcome in
            var response = UnregisterBrokerResponse()
            response.errorCode = outcome.refusal?.code ?? .none
            response.errorMessage = outcome.refusal?.message
            answer(response)
        }
    }
}
