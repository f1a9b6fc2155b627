internal import Model
internal import Wire
internal import WireMessages

/// A wish for another finalized level of a feature (KIP-584).
public struct FeatureUpdate: Hashable, Sendable {
    /// What the asker accepts to lose. The raw values are the protocol's.
    public enum Kind: Int8, Sendable {
        case upgrade = 1
        case safeDowngrade = 2
        case unsafeDowngrade = 3
    }

    public let feature: String
    public let level: Int16
    public let kind: Kind

    public init(_ feature: String, to level: Int16, _ kind: Kind) {
        self.feature = feature
        self.level = level
        self.kind = kind
    }
}

extension Admin {
    /// Raises or lowers finalized levels, all or none. Answers for each update in order; nil where it was made,
    /// or could be.
    public func updateFeatures(
        _ updates: [FeatureUpdate], validateOnly: Bool = false
    ) async throws(ClientError) -> [(update: FeatureUpdate, failure: ClientError?)] {
        try await retrying("updating features") {
            left throws(ClientError) -> [(update: FeatureUpdate, failure: ClientError?)] in
            var request = UpdateFeaturesRequest()
            request.timeoutMs = Self.serverTimeout(left)
            request.validateOnly = validateOnly
            request.featureUpdates = updates.map { update in
                var key = UpdateFeaturesRequest.FeatureUpdateKey()
                key.feature = update.feature
                key.maxVersionLevel = update.level
                key.upgradeType = update.kind.rawValue
                return key
            }
            let answer = try await ask(
                request, of: .controller,
                versions: 1...UpdateFeaturesRequest.validVersions.upperBound, within: left
            ).message
            let whole = ClientError.refused(answer.errorCode, message: answer.errorMessage)
            guard answer.errorCode == .none else {
                if whole.isRetriable { throw whole }
                return updates.map { ($0, whole) }
            }
            return updates.map { update in
                let result = answer.results.first { $0.feature == update.feature }
                guard let result, result.errorCode != .none else { return (update, nil) }
                return (update, .refused(result.errorCode, message: result.errorMessage))
            }
        }
    }
}
