internal import Controller
internal import Metadata
internal import Model
internal import WireMessages

/// ControllerRegistration, v0 (KIP-919), from any controller to the active one.
enum ControllerRegistrationHandler {
    static func handle(
        _ request: ControllerRegistrationRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (ControllerRegistrationResponse) -> Void
    ) {
        var response = ControllerRegistrationResponse()
        response.errorMessage = nil
        guard let registration = registration(request) else {
            response.errorCode = .invalidRequest
            response.errorMessage = "A listener or a feature range is invalid."
            answer(response)
            return
        }
        driver.decide { controller, _ throws(ControllerError) in
            try controller.registerController(registration)
        } completion: { [response] outcome in
            var response = response
            response.errorCode = outcome.refusal?.code ?? .none
            response.errorMessage = outcome.refusal?.message
            answer(response)
        }
    }

    private static func registration(
        _ request: ControllerRegistrationRequest
    ) -> ControllerRegistration? {
        guard request.controllerID >= 0 else { return nil }
        let endpoints = request.listeners.compactMap {
            Endpoint(told: $0.name, $0.host, $0.port, $0.securityProtocol)
        }
        let features = request.features.compactMap {
            FeatureRange(told: $0.name, $0.minSupportedVersion, $0.maxSupportedVersion)
        }
        guard endpoints.count == request.listeners.count else { return nil }
        guard features.count == request.features.count else { return nil }
        return ControllerRegistration(
            id: BrokerID(request.controllerID), incarnationID: request.incarnationID,
            endpoints: endpoints, features: features.sorted { $0.name < $1.name },
            isReadyToMigrate: request.zkMigrationReady)
    }
}
