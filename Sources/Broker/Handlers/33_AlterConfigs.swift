internal import Controller
internal import Metadata
internal import Model
internal import WireMessages

/// AlterConfigs, v0 to v2 (KIP-133, superseded by KIP-339), by the active controller: what a request does not
/// name goes back to its default.
enum AlterConfigsHandler {
    static func handle(
        _ request: AlterConfigsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (AlterConfigsResponse) -> Void
    ) {
        let resources = request.resources.map { resource in
            let kind = ConfigResourceKind(rawValue: resource.resourceType)
            return (
                resource: ConfigResource(kind, resource.resourceName),
                configs: resource.configs.map { (name: $0.name, value: $0.value) }
            )
        }
        driver.decide { controller, _ in
            controller.replaceConfigs(resources, validateOnly: request.validateOnly)
        } completion: { outcome in
            var response = AlterConfigsResponse()
            switch outcome {
            case .success(let results):
                response.responses = results.map { shown($0.resource, $0.error) }
            case .failure(let error):
                response.responses = resources.map { shown($0.resource, error) }
            }
            answer(response)
        }
    }

    private static func shown(
        _ resource: ConfigResource, _ error: ControllerError?
    ) -> AlterConfigsResponse.AlterConfigsResourceResponse {
        var shown = AlterConfigsResponse.AlterConfigsResourceResponse()
        shown.resourceType = resource.kind.rawValue
        shown.resourceName = resource.name
        shown.errorCode = error?.code ?? .none
        shown.errorMessage = error.map { $0.message ?? $0.code.name }
        return shown
    }
}
