internal import Controller
internal import Model
internal import WireMessages

/// AlterPartitionReassignments, v0 to v1 (KIP-455, 860), by the active controller. Throttles are not served.
enum AlterPartitionReassignmentsHandler {
    static func handle(
        _ request: AlterPartitionReassignmentsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (AlterPartitionReassignmentsResponse) -> Void
    ) {
        let wishes = request.topics.flatMap { topic in
            topic.partitions.map { partition in
                Reassignment(
                    TopicPartition(topic.name, partition.partitionIndex),
                    to: partition.replicas.map { $0.map { BrokerID($0) } })
            }
        }
        let mayChangeFactor = request.allowReplicationFactorChange
        driver.decide(patience: Duration(patienceMs: request.timeoutMs)) { controller, _ in
            controller.reassign(wishes, mayChangeFactor: mayChangeFactor)
        } completion: { outcome in
            var response = AlterPartitionReassignmentsResponse()
            response.allowReplicationFactorChange = mayChangeFactor
            switch outcome {
            case .success(let results): response.responses = shown(results, in: request)
            case .failure(let error):
                response.errorCode = error.code
                response.errorMessage = error.message ?? error.code.name
            }
            answer(response)
        }
    }

    /// In the shape of the request.
    private static func shown(
        _ results: [ReassignmentResult], in request: AlterPartitionReassignmentsRequest
    ) -> [AlterPartitionReassignmentsResponse.ReassignableTopicResponse] {
        var next = results.makeIterator()
        return request.topics.map { topic in
            var shown = AlterPartitionReassignmentsResponse.ReassignableTopicResponse()
            shown.name = topic.name
            for _ in topic.partitions {
                guard let result = next.next() else { break }
                var line = AlterPartitionReassignmentsResponse.ReassignablePartitionResponse()
                line.partitionIndex = result.partition.partition
                line.errorCode = result.error?.code ?? .none
                line.errorMessage = result.error.map { $0.message ?? $0.code.name }
                shown.partitions.append(line)
            }
            return shown
        }
    }
}
