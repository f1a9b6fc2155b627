internal import Bytes
internal import Metadata
internal import Model
internal import Wire
internal import WireMessages

/// ApiVersions, v0 to v4 (KIP-35, 511, 584). A version that is not served is answered in v0 with what is
/// (`protocol.md` §1), so that the client can ask again.
enum ApiVersionsHandler {
    static let versions: ClosedRange<Int16> = 0...4
    /// Lowest Produce version shown; below v3 it is refused. Some librdkafka versions need to see 0
    /// (KAFKA-18659).
    static let lowestProduceShown: Int16 = 0

    static func handle(_ scope: RequestScope, _ table: APITable) throws(DecodeError) {
        let exchange = scope.exchange
        guard versions.contains(exchange.version) else {
            var response = ApiVersionsResponse()
            response.errorCode = .unsupportedVersion
            var own = ApiVersionsResponse.ApiVersion()
            own.apiKey = ApiKey.apiVersions.rawValue
            own.minVersion = versions.lowerBound
            own.maxVersion = versions.upperBound
            response.apiKeys = [own]
            exchange.respond(response, version: 0)
            return
        }
        let request: ApiVersionsRequest = try scope.request()
        guard exchange.version < 3 || isValid(request) else {
            var response = ApiVersionsResponse()
            response.errorCode = .invalidRequest
            exchange.respond(response)
            return
        }
        if exchange.version >= 3 {
            scope.connection?.software = ClientSoftware(
                name: request.clientSoftwareName, version: request.clientSoftwareVersion)
        }
        exchange.respond(response(scope, table))
    }

    private static func response(_ scope: RequestScope, _ table: APITable) -> ApiVersionsResponse {
        var response = ApiVersionsResponse()
        let listener = scope.exchange.listener.kind
        for entry in table.entries where entry.listeners.contains(listener) {
            guard let versions = versions(of: entry, on: listener, scope.shard) else { continue }
            var shown = ApiVersionsResponse.ApiVersion()
            shown.apiKey = entry.key.rawValue
            shown.minVersion =
                versions == entry.versions ? entry.shownFrom : versions.lowerBound
            shown.maxVersion = versions.upperBound
            response.apiKeys.append(shown)
        }
        guard scope.exchange.version >= 3 else { return response }
        for feature in SupportedFeatures.all {
            // KAFKA-17492: v3 clients cannot read a range that begins at 0.
            guard scope.exchange.version >= 4 || feature.levels.lowerBound > 0 else { continue }
            var shown = ApiVersionsResponse.SupportedFeatureKey()
            shown.name = feature.name
            shown.minVersion = feature.levels.lowerBound
            shown.maxVersion = feature.levels.upperBound
            response.supportedFeatures.append(shown)
        }
        let image = scope.shard.image
        response.finalizedFeaturesEpoch = image.position.lastOffset.rawValue
        var finalized = image.finalizedFeatures
        if scope.shard.kraftVersion > 0 {
            finalized.append((FeatureName.kraftVersion, scope.shard.kraftVersion))
        }
        for (name, level) in finalized.sorted(by: { $0.name < $1.name }) {
            var shown = ApiVersionsResponse.FinalizedFeatureKey()
            shown.name = name
            shown.maxVersionLevel = level
            shown.minVersionLevel = level
            response.finalizedFeatures.append(shown)
        }
        return response
    }

    /// What a broker forwards the controller must speak too, which may be of another build.
    private static func versions(
        of entry: APIEntry, on listener: ListenerKind, _ shard: Shard
    ) -> ClosedRange<Int16>? {
        guard listener == .broker, entry.key.facts?.isForwarded == true,
            let controller = shard.controllerVersions
        else { return entry.versions }
        guard let offered = controller[entry.key], offered.overlaps(entry.versions) else {
            return nil
        }
        return offered.clamped(to: entry.versions)
    }

    /// KIP-511: letters, digits, dashes and dots, with a letter or digit at both ends.
    private static func isValid(_ request: ApiVersionsRequest) -> Bool {
        [request.clientSoftwareName, request.clientSoftwareVersion].allSatisfy { text in
            let isInner = { (byte: UInt8) in
                isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
            guard let first = text.utf8.first, let last = text.utf8.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last) && text.utf8.allSatisfy(isInner)
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
