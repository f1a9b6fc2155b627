internal import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// The configuration of each resource, with where its values come from; entries ascend by name.
    public func describeConfigs(
        _ resources: [ConfigResource]
    ) async throws(ClientError) -> [(resource: ConfigResource, entries: [ConfigEntry])] {
        var described: [(resource: ConfigResource, entries: [ConfigEntry])] = []
        for resource in resources {
            let found = try await retrying("describing configs") {
                left throws(ClientError) -> Result<[ConfigEntry], ClientError> in
                try await answer(for: resource, within: left)
            }
            described.append((resource, try found.get()))
        }
        return described
    }

    /// The entries, or a refusal that does not change by asking again.
    private func answer(
        for resource: ConfigResource, within left: Duration
    ) async throws(ClientError) -> Result<[ConfigEntry], ClientError> {
        do {
            return .success(try await entries(of: resource, within: left))
        } catch {
            guard case .refused(.unknownTopicOrPartition, _) = error else { throw error }
            return .failure(error)
        }
    }

    private func entries(
        of resource: ConfigResource, within left: Duration
    ) async throws(ClientError) -> [ConfigEntry] {
        var entry = DescribeConfigsRequest.DescribeConfigsResource()
        entry.resourceType = resource.kind.rawValue
        entry.resourceName = resource.name
        entry.configurationKeys = nil
        var request = DescribeConfigsRequest()
        request.resources = [entry]
        request.includeSynonyms = true
        let answer = try await ask(request, of: destination(for: resource), within: left).message
        guard let result = answer.results.first else {
            throw .refused(.unknownServerError, message: "the answer describes nothing")
        }
        try result.errorCode.check(result.errorMessage)
        return result.configs.map { config in
            ConfigEntry(
                name: config.name, value: config.value,
                source: ConfigSource(rawValue: config.configSource) ?? .unknown,
                isSensitive: config.isSensitive, isReadOnly: config.readOnly,
                synonyms: config.synonyms.map {
                    ConfigEntry.Synonym(
                        name: $0.name, value: $0.value,
                        source: ConfigSource(rawValue: $0.source) ?? .unknown)
                })
        }.sorted { $0.name < $1.name }
    }

    /// What a broker is configured with only that broker knows.
    private func destination(for resource: ConfigResource) -> Destination {
        switch resource.kind {
        case .broker, .brokerLogger:
            Int32(resource.name).map { .node(BrokerID($0)) } ?? .any
        case .topic, .clientMetrics, .group:
            .any
        }
    }

    /// Changes single values, all or none of a resource's (KIP-339).
    public func alterConfigs(
        of resource: ConfigResource, _ changes: [ConfigChange], validateOnly: Bool = false
    ) async throws(ClientError) {
        var entry = IncrementalAlterConfigsRequest.AlterConfigsResource()
        entry.resourceType = resource.kind.rawValue
        entry.resourceName = resource.name
        entry.configs = changes.map { change in
            var config = IncrementalAlterConfigsRequest.AlterableConfig()
            switch change {
            case .set(let name, let value):
                (config.name, config.configOperation, config.value) = (name, 0, value)
            case .delete(let name):
                (config.name, config.configOperation, config.value) = (name, 1, nil)
            case .append(let name, let value):
                (config.name, config.configOperation, config.value) = (name, 2, value)
            case .subtract(let name, let value):
                (config.name, config.configOperation, config.value) = (name, 3, value)
            }
            return config
        }
        var request = IncrementalAlterConfigsRequest()
        request.resources = [entry]
        request.validateOnly = validateOnly
        let asked = request
        // Levels of a broker's log are that broker's own; all else the controller keeps.
        let destination: Destination =
            resource.kind == .brokerLogger ? destination(for: resource) : .controller
        try await retrying("changing configs") { left throws(ClientError) -> Void in
            let answer = try await ask(asked, of: destination, within: left).message
            for result in answer.responses { try result.errorCode.check(result.errorMessage) }
        }
    }
}
