internal import Controller
internal import Model
internal import WireMessages

/// CreatePartitions, v0 to v3 (KIP-195), by the active controller. No controller quota.
enum CreatePartitionsHandler {
    static func handle(
        _ request: CreatePartitionsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (CreatePartitionsResponse) -> Void
    ) {
        let topics = request.topics.map { topic in
            PartitionGrowth(
                topic: topic.name, count: topic.count,
                assignments: topic.assignments?.map { $0.brokerIDs.map { BrokerID($0) } })
        }
        driver.decide(
            patience: Duration(patienceMs: request.timeoutMs),
            late: { results, error in results.map { $0.overtaken(by: error) } }
        ) { controller, _ in
            controller.createPartitions(topics, validateOnly: request.validateOnly)
        } completion: { outcome in
            var response = CreatePartitionsResponse()
            switch outcome {
            case .success(let results):
                response.results = results.map { result($0.name, $0.outcome.refusal) }
            case .failure(let error):
                response.results = topics.map { result($0.topic, error) }
            }
            answer(response)
        }
    }

    private static func result(
        _ name: String, _ error: ControllerError?
    ) -> CreatePartitionsResponse.CreatePartitionsTopicResult {
        var shown = CreatePartitionsResponse.CreatePartitionsTopicResult()
        shown.name = name
        shown.errorCode = error?.code ?? .none
        shown.errorMessage = error.map { $0.message ?? $0.code.name }
        return shown
    }
}
