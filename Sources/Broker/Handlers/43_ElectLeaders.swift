internal import Controller
internal import Model
internal import WireMessages

/// ElectLeaders, v0 to v2 (KIP-183 preferred, KIP-460 unclean), by the active controller.
enum ElectLeadersHandler {
    private static let preferred: Int8 = 0
    private static let unclean: Int8 = 1

    static func handle(
        _ request: ElectLeadersRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (ElectLeadersResponse) -> Void
    ) {
        let kind = version == 0 ? preferred : request.electionType
        guard kind == preferred || kind == unclean else {
            var response = ElectLeadersResponse()
            response.errorCode = .invalidRequest
            answer(response)
            return
        }
        let partitions = request.topicPartitions?.flatMap { topic in
            topic.partitions.map { TopicPartition(topic.topic, $0) }
        }
        driver.decide(patience: Duration(patienceMs: request.timeoutMs)) { controller, _ in
            controller.electLeaders(of: partitions, isUnclean: kind == unclean)
        } completion: { outcome in
            answer(response(outcome, asked: partitions, version))
        }
    }

    private static func response(
        _ outcome: Result<[ElectionResult], ControllerError>, asked: [TopicPartition]?,
        _ version: Int16
    ) -> ElectLeadersResponse {
        var response = ElectLeadersResponse()
        let results: [ElectionResult]
        switch outcome {
        case .success(let elected): results = elected
        case .failure(let error):
            if version >= 1 { response.errorCode = error.code }
            results = (asked ?? []).map { ElectionResult(partition: $0, error: error) }
        }
        var places: [String: Int] = [:]
        for result in results {
            var line = ElectLeadersResponse.PartitionResult()
            line.partitionID = result.partition.partition
            line.errorCode = result.error?.code ?? .none
            line.errorMessage = result.error.map { $0.message ?? $0.code.name }
            if let known = places[result.partition.topic] {
                response.replicaElectionResults[known].partitionResult.append(line)
            } else {
                var topic = ElectLeadersResponse.ReplicaElectionResult()
                topic.topic = result.partition.topic
                places[result.partition.topic] = response.replicaElectionResults.count
                topic.partitionResult = [line]
                response.replicaElectionResults.append(topic)
            }
        }
        return response
    }
}
