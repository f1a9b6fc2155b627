internal import Controller
internal import Model
internal import WireMessages

/// UpdateFeatures, v0 to v2 (KIP-584, 778, 1022), by the active controller: all updates or none. A higher level
/// of `kraft.version` (KIP-853) is written by the quorum, after the others are committed.
enum UpdateFeaturesHandler {
    static let refusalPrefix =
        "The update failed for all features since the following feature had an error: "

    static func handle(
        _ request: UpdateFeaturesRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (UpdateFeaturesResponse) -> Void
    ) {
        let updates = request.featureUpdates.map { update(of: $0, version) }
        let quorum = driver.quorumMembership
        let patience = Duration(patienceMs: request.timeoutMs)
        driver.decide(patience: patience) { (controller, _) throws(ControllerError) in
            try controller.updateFeatures(
                updates, validateOnly: request.validateOnly, quorum: quorum)
        } completion: { outcome in
            guard case .success(let level?) = outcome else {
                return answer(response(outcome.refusal, to: request, version))
            }
            driver.raiseKRaftVersion(to: level, patience: patience) {
                answer(response($0, to: request, version))
            }
        }
    }

    private static func update(
        of key: UpdateFeaturesRequest.FeatureUpdateKey, _ version: Int16
    ) -> FeatureUpdate {
        let kind: FeatureUpdate.Kind? =
            version == 0
            ? (key.allowDowngrade ? .safeDowngrade : .upgrade)
            : FeatureUpdate.Kind(rawValue: key.upgradeType)
        return FeatureUpdate(key.feature, to: key.maxVersionLevel, kind)
    }

    private static func response(
        _ refusal: ControllerError?, to request: UpdateFeaturesRequest, _ version: Int16
    ) -> UpdateFeaturesResponse {
        var response = UpdateFeaturesResponse()
        if let refusal {
            response.errorCode = refusal.code
            let reason = refusal.message ?? refusal.code.name
            response.errorMessage =
                refusal.code == .invalidUpdateVersion ? refusalPrefix + reason : reason
            return response
        }
        guard version < 2 else { return response }
        response.results = request.featureUpdates.map {
            var result = UpdateFeaturesResponse.UpdatableFeatureResult()
            result.feature = $0.feature
            return result
        }
        return response
    }
}
