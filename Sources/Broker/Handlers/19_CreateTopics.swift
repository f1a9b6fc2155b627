internal import Configuration
internal import Controller
internal import Model
internal import WireMessages

/// CreateTopics, v2 to v7 (KIP-4, 525), by the active controller. No policies, no controller quota.
enum CreateTopicsHandler {
    static func handle(
        _ request: CreateTopicsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (CreateTopicsResponse) -> Void
    ) {
        let topics = request.topics.map { topic in
            NewTopic(
                name: topic.name, partitions: topic.numPartitions,
                replicationFactor: topic.replicationFactor,
                assignments: topic.assignments.map {
                    (partition: $0.partitionIndex, replicas: $0.brokerIDs.map { BrokerID($0) })
                },
                configs: topic.configs.map { (name: $0.name, value: $0.value) })
        }
        driver.decide(
            patience: Duration(patienceMs: request.timeoutMs),
            late: { results, error in results.map { $0.overtaken(by: error) } }
        ) { controller, _ in
            controller.createTopics(topics, validateOnly: request.validateOnly)
        } completion: { outcome in
            var response = CreateTopicsResponse()
            switch outcome {
            case .success(let results): response.topics = results.map(result)
            case .failure(let error):
                response.topics = topics.map {
                    result(TopicResult(name: $0.name, outcome: .failure(error)))
                }
            }
            answer(response)
        }
    }

    private static func result(
        _ result: TopicResult<CreatedTopic>
    ) -> CreateTopicsResponse.CreatableTopicResult {
        var shown = CreateTopicsResponse.CreatableTopicResult()
        shown.name = result.name
        shown.errorMessage = nil
        switch result.outcome {
        case .success(let topic):
            shown.topicID = topic.id.uuid
            shown.numPartitions = topic.partitions
            shown.replicationFactor = topic.replicationFactor
            shown.configs = topic.configs.map { config in
                var line = CreateTopicsResponse.CreatableTopicConfigs()
                line.name = config.setting.name
                line.value = config.shownValue
                line.readOnly = config.isReadOnly
                line.configSource = config.source.rawValue
                line.isSensitive = config.setting.isSensitive
                return line
            }
        case .failure(let error):
            shown.errorCode = error.code
            shown.errorMessage = error.message ?? error.code.name
        }
        return shown
    }
}
