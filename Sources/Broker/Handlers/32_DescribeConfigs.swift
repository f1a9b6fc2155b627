internal import Bytes
internal import Configuration
internal import Controller
internal import Metadata
internal import Model
internal import Ports
internal import Telemetry
internal import WireMessages

/// DescribeConfigs, v1 to v4 (KIP-133, 226, 569), of topics, brokers and groups. Internal settings are shown
/// where somebody has set them. A controller answers from what it knows, so that it can be asked while no broker
/// is up (KIP-919).
enum DescribeConfigsHandler {
    /// What an answer is made of.
    struct View {
        let nodeID: BrokerID
        let image: MetadataImage
        /// The node's own, with what was set at run time.
        let settings: BrokerSettings
    }

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DescribeConfigsRequest = try scope.request()
        let exchange = scope.exchange
        let shard = scope.shard
        switch exchange.listener.kind {
        case .broker:
            exchange.respond(response(to: request, View(shard)))
        case .controller:
            let node = shard.node
            scope.withController { controller in
                exchange.respond(response(to: request, View(node, controller.image)))
            }
        }
    }

    private static func response(
        to request: DescribeConfigsRequest, _ view: View
    ) -> DescribeConfigsResponse {
        var response = DescribeConfigsResponse()
        response.results = request.resources.map { result($0, request, view) }
        return response
    }

    private static func result(
        _ resource: DescribeConfigsRequest.DescribeConfigsResource,
        _ request: DescribeConfigsRequest, _ view: View
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
            guard view.image.topicID(named: resource.resourceName) != nil else {
                result.errorCode = .unknownTopicOrPartition
                return result
            }
            settings = topicSettings(resource.resourceName, view)
        case .broker:
            guard
                resource.resourceName.isEmpty || resource.resourceName == "\(view.nodeID.rawValue)"
            else {
                result.errorCode = .invalidRequest
                result.errorMessage =
                    "broker \(view.nodeID.rawValue) was asked for the configs of broker "
                    + resource.resourceName
                return result
            }
            settings = brokerSettings(isDefault: resource.resourceName.isEmpty, view)
        case .group:
            guard !resource.resourceName.isEmpty else {
                result.errorCode = .invalidRequest
                result.errorMessage = "Group name must not be empty"
                return result
            }
            settings = groupSettings(resource.resourceName, view)
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

    private static func topicSettings(_ topic: String, _ view: View) -> [ResolvedSetting] {
        let overrides = view.image.dictionary(of: ConfigResource(.topic, topic))
        return Settings.topic.compactMap {
            TopicConfiguration.resolve(
                $0.name, overrides: overrides, broker: view.settings)
        }
    }

    /// A group need not exist to be set up.
    private static func groupSettings(_ group: String, _ view: View) -> [ResolvedSetting] {
        let overrides = view.image.dictionary(of: ConfigResource(.group, group))
        return Settings.group.compactMap {
            GroupOverrides.resolve($0.name, overrides: overrides, broker: view.settings)
        }
    }

    /// The cluster's default shows only what was set at run time.
    private static func brokerSettings(isDefault: Bool, _ view: View) -> [ResolvedSetting] {
        let names =
            isDefault
            ? view.settings.dynamicDefault.keys.sorted() : Settings.broker.map(\.name)
        return names.compactMap { view.settings.resolve($0) }
    }
}

extension DescribeConfigsHandler.View {
    /// As a broker's loop has it.
    init(_ shard: Shard) {
        self.init(nodeID: shard.nodeID, image: shard.image, settings: shard.brokerSettings)
    }

    /// As a controller has it.
    init(_ node: Node, _ image: MetadataImage) {
        let id = node.configuration.nodeID
        var settings = node.configuration.settings
        // What is wrong in the metadata was told when it came.
        _ = settings.replaceDynamic(
            clusterDefault: image.dictionary(of: ConfigResource(.broker, "")),
            own: image.dictionary(of: ConfigResource(.broker, String(id.rawValue))))
        self.init(nodeID: id, image: image, settings: settings)
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
