internal import Controller
internal import Metadata
internal import Model
internal import WireMessages

/// BrokerRegistration, v0 to v4 (KIP-631, 858, 966), from a starting broker to the active controller.
/// Brokers that migrate from ZooKeeper are refused.
enum BrokerRegistrationHandler {
    static func handle(
        _ request: BrokerRegistrationRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (BrokerRegistrationResponse) -> Void
    ) {
        guard let enrollment = enrollment(request) else {
            var response = BrokerRegistrationResponse()
            response.errorCode = .invalidRequest
            answer(response)
            return
        }
        let nextOffset = driver.nextOffset
        driver.decide { controller, now throws(ControllerError) in
            try controller.registerBroker(enrollment, nextOffset: nextOffset, now: now)
        } completion: { outcome in
            var response = BrokerRegistrationResponse()
            switch outcome {
            case .success(let epoch): response.brokerEpoch = epoch.rawValue
            case .failure(let error): response.errorCode = error.code
            }
            answer(response)
        }
    }

    private static func enrollment(
        _ request: BrokerRegistrationRequest
    ) -> BrokerEnrollment? {
        guard request.brokerID >= 0, !request.isMigratingZkBroker else { return nil }
        let endpoints = request.listeners.compactMap {
            Endpoint(told: $0.name, $0.host, $0.port, $0.securityProtocol)
        }
        let features = request.features.compactMap {
            FeatureRange(told: $0.name, $0.minSupportedVersion, $0.maxSupportedVersion)
        }
        guard endpoints.count == request.listeners.count else { return nil }
        guard features.count == request.features.count else { return nil }
        return BrokerEnrollment(
            broker: BrokerID(request.brokerID), clusterID: request.clusterID,
            incarnationID: request.incarnationID, endpoints: endpoints, features: features,
            rack: request.rack, directories: request.logDirs.map { DirectoryID($0) },
            previousEpoch: BrokerEpoch(request.previousBrokerEpoch))
    }
}
