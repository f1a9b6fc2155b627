internal import Bytes
internal import Configuration
internal import Controller
internal import Metadata
internal import Model
internal import Telemetry
internal import WireMessages

/// DescribeConfigs, v1 to v4 (KIP-133, 226, 569), of topics and brokers. Internal settings are shown where
/// somebody has set them.
enum DescribeConfigsHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DescribeConfigsRequest = try scope.request()
        var response = DescribeConfigsResponse()
        response.results = request.resources.map { resource in
            result(resource, request, scope.shard)
        }
        scope.exchange.respond(response)
    }

    private static func result(
        _ resource: DescribeConfigsRequest.DescribeConfigsResource,
        _ request: DescribeConfigsRequest, _ shard: Shard
    ) -> DescribeConfigsResponse.DescribeConfigsResult {
        var result = DescribeConfigsResponse.DescribeConfigsResult()
        result.resourceType = resource.resourceType
        result.resourceName = resource.resourceName
        result.errorMessage = nil
        let settings: [ResolvedSetting]
        switch ConfigResourceKind(rawValue: resource.resourceType) {
        case .topic:
            guard TopicName.fault(in: resource.resourceName) == nil else {
                result.errorCode = .invalidTopicException
                return result
            }
            guard shard.image.topicID(named: resource.resourceName) != nil else {
                result.errorCode = .unknownTopicOrPartition
                return result
            }
            settings = topicSettings(resource.resourceName, shard)
        case .broker:
            guard
                resource.resourceName.isEmpty || resource.resourceName == "\(shard.nodeID.rawValue)"
            else {
                result.errorCode = .invalidRequest
                result.errorMessage =
                    "broker \(shard.nodeID.rawValue) was asked for the configs of broker "
                    + resource.resourceName
                return result
            }
            settings = brokerSettings(isDefault: resource.resourceName.isEmpty, shard)
        default:
            result.errorCode = .invalidRequest
            result.errorMessage = "resource type \(resource.resourceType) is not served"
            return result
        }
        let wanted = resource.configurationKeys.map(Set.init)
        result.configs =
            settings
            .filter { wanted?.contains($0.setting.name) ?? true }
            .filter { !$0.setting.isInternal || $0.source != .standard }
            .map { .init($0, request) }
        return result
    }

    private static func topicSettings(_ topic: String, _ shard: Shard) -> [ResolvedSetting] {
        var overrides: [String: String] = [:]
        for (name, value) in shard.image.config(of: ConfigResource(.topic, topic)) {
            overrides[name] = value
        }
        return Settings.topic.compactMap {
            TopicConfiguration.resolve(
                $0.name, overrides: overrides, broker: shard.brokerSettings)
        }
    }

    /// The cluster's default shows only what was set at run time.
    private static func brokerSettings(isDefault: Bool, _ shard: Shard) -> [ResolvedSetting] {
        let names =
            isDefault
            ? shard.brokerSettings.dynamicDefault.keys.sorted() : Settings.broker.map(\.name)
        return names.compactMap { shard.brokerSettings.resolve($0) }
    }
}

extension DescribeConfigsResponse.DescribeConfigsResourceResult {
    fileprivate init(_ resolved: ResolvedSetting, _ request: DescribeConfigsRequest) {
        self.init()
        let isSensitive = resolved.setting.isSensitive
        name = resolved.setting.name
        value = isSensitive ? nil : resolved.value
        readOnly = resolved.isReadOnly
        configSource = resolved.source.rawValue
        self.isSensitive = isSensitive
        configType = resolved.setting.kind.rawValue
        documentation = request.includeDocumentation ? resolved.setting.documentation : nil
        guard request.includeSynonyms else { return }
        synonyms = resolved.synonyms.map {
            var synonym = DescribeConfigsResponse.DescribeConfigsSynonym()
            synonym.name = $0.name
            synonym.value = isSensitive ? nil : $0.value
            synonym.source = $0.source.rawValue
            return synonym
        }
    }
}
