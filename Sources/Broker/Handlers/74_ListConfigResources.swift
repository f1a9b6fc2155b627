internal import Bytes
internal import Metadata
internal import Model
internal import WireMessages

/// ListConfigResources, v0 (KIP-1000: client metrics only) to v1 (KIP-1142: every kind): what settings can be
/// asked of. Topics and brokers stand in the list whether they have settings of their own or not; client
/// metrics and groups only with some.
enum ListConfigResourcesHandler {
    /// In the order of their numbers.
    private static let kinds: [ConfigResourceKind] = [
        .topic, .broker, .brokerLogger, .clientMetrics, .group,
    ]

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: ListConfigResourcesRequest = try scope.request()
        let exchange = scope.exchange
        var response = ListConfigResourcesResponse()
        let asked = request.resourceTypes.map { ConfigResourceKind(rawValue: $0) }
        guard asked.allSatisfy({ kinds.contains($0) }) else {
            response.errorCode = .unsupportedVersion
            exchange.respond(response)
            return
        }
        let wanted: [ConfigResourceKind] =
            exchange.version == 0
            ? [.clientMetrics] : asked.isEmpty ? kinds : kinds.filter(asked.contains)
        for kind in wanted {
            for name in names(of: kind, scope) {
                var resource = ListConfigResourcesResponse.ConfigResource()
                resource.resourceName = name
                resource.resourceType = kind.rawValue
                response.configResources.append(resource)
            }
        }
        exchange.respond(response)
    }

    private static func names(of kind: ConfigResourceKind, _ scope: RequestScope) -> [String] {
        let image = scope.shard.image
        switch kind {
        case .topic:
            var names: [String] = []
            image.forEachTopic { names.append($0.name) }
            return names
        case .broker, .brokerLogger:
            let listener = scope.exchange.listener.name
            return image.unfencedBrokers.filter { $0.endpoint(of: listener) != nil }
                .map { String($0.id.rawValue) }
        default: return image.configuredResources(of: kind).map(\.name)
        }
    }
}
