internal import Controller
internal import Metadata
internal import Model
internal import WireMessages

/// ListPartitionReassignments, v0 (KIP-455), by the active controller.
enum ListPartitionReassignmentsHandler {
    static func handle(
        _ request: ListPartitionReassignmentsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (ListPartitionReassignmentsResponse) -> Void
    ) {
        let wanted = request.topics?.flatMap { topic in
            topic.partitionIndexes.map { TopicPartition(topic.name, $0) }
        }
        driver.decide(patience: Duration(patienceMs: request.timeoutMs)) { controller, _ in
            ControllerResult([], controller.image.reassignments(of: wanted).map(Line.init))
        } completion: { outcome in
            var response = ListPartitionReassignmentsResponse()
            switch outcome {
            case .success(let lines): response.topics = topics(lines)
            case .failure(let error):
                response.errorCode = error.code
                response.errorMessage = error.message ?? error.code.name
            }
            answer(response)
        }
    }

    private struct Line: Sendable {
        let partition: TopicPartition
        let state: PartitionImage
    }

    private static func topics(
        _ lines: [Line]
    ) -> [ListPartitionReassignmentsResponse.OngoingTopicReassignment] {
        var topics: [ListPartitionReassignmentsResponse.OngoingTopicReassignment] = []
        var places: [String: Int] = [:]
        for line in lines {
            var shown = ListPartitionReassignmentsResponse.OngoingPartitionReassignment()
            shown.partitionIndex = line.partition.partition
            shown.replicas = line.state.replicas.map(\.rawValue)
            shown.addingReplicas = line.state.addingReplicas.map(\.rawValue)
            shown.removingReplicas = line.state.removingReplicas.map(\.rawValue)
            if let place = places[line.partition.topic] {
                topics[place].partitions.append(shown)
            } else {
                places[line.partition.topic] = topics.count
                var topic = ListPartitionReassignmentsResponse.OngoingTopicReassignment()
                topic.name = line.partition.topic
                topic.partitions = [shown]
                topics.append(topic)
            }
        }
        return topics
    }
}
