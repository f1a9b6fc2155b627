internal import Controller
internal import Metadata
internal import Model
internal import WireMessages

/// IncrementalAlterConfigs, v0 to v1 (KIP-339), by the active controller: topics, brokers, groups, client
/// metrics. Levels of a broker's loggers are the broker's own and never come here.
enum IncrementalAlterConfigsHandler {
    static func handle(
        _ request: IncrementalAlterConfigsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (IncrementalAlterConfigsResponse) -> Void
    ) {
        let read = request.resources.map(alteration)
        let valid = read.compactMap { $0 }
        driver.decide { controller, _ in
            controller.alterConfigs(valid, validateOnly: request.validateOnly)
        } completion: { outcome in
            var response = IncrementalAlterConfigsResponse()
            var results = outcome.value?.makeIterator()
            for (resource, alteration) in zip(request.resources, read) {
                let error: ControllerError?
                if alteration == nil {
                    error = ControllerError(.invalidRequest, "Unknown operation on a config.")
                } else if let refusal = outcome.refusal {
                    error = refusal
                } else {
                    error = results?.next()?.error
                }
                response.responses.append(shown(resource, error))
            }
            answer(response)
        }
    }

    /// Nil if an operation is unknown.
    private static func alteration(
        _ resource: IncrementalAlterConfigsRequest.AlterConfigsResource
    ) -> ConfigAlteration? {
        var entries: [ConfigAlteration.Entry] = []
        for config in resource.configs {
            guard let operation = ConfigAlteration.Operation(rawValue: config.configOperation)
            else { return nil }
            entries.append(.init(config.name, operation, config.value))
        }
        let kind = ConfigResourceKind(rawValue: resource.resourceType)
        return ConfigAlteration(ConfigResource(kind, resource.resourceName), entries)
    }

    private static func shown(
        _ resource: IncrementalAlterConfigsRequest.AlterConfigsResource, _ error: ControllerError?
    ) -> IncrementalAlterConfigsResponse.AlterConfigsResourceResponse {
        var shown = IncrementalAlterConfigsResponse.AlterConfigsResourceResponse()
        shown.resourceType = resource.resourceType
        shown.resourceName = resource.resourceName
        shown.errorCode = error?.code ?? .none
        shown.errorMessage = error.map { $0.message ?? $0.code.name }
        return shown
    }
}
