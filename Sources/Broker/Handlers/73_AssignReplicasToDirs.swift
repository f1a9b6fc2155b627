internal import Controller
internal import Model
internal import WireMessages

/// AssignReplicasToDirs, v0 (KIP-858), from a broker to the active controller.
enum AssignReplicasToDirsHandler {
    static func handle(
        _ request: AssignReplicasToDirsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (AssignReplicasToDirsResponse) -> Void
    ) {
        var assignments: [DirectoryAssignment] = []
        for directory in request.directories {
            for topic in directory.topics {
                for partition in topic.partitions {
                    let key = PartitionKey(TopicID(topic.topicID), partition.partitionIndex)
                    assignments.append(
                        DirectoryAssignment(directory: DirectoryID(directory.id), key: key))
                }
            }
        }
        driver.decide { controller, _ throws(ControllerError) in
            try controller.assignReplicas(
                assignments, by: BrokerID(request.brokerID), epoch: BrokerEpoch(request.brokerEpoch)
            )
        } completion: { outcome in
            switch outcome {
            case .success(let codes): answer(response(to: request, codes))
            case .failure(let error):
                var response = AssignReplicasToDirsResponse()
                response.errorCode = error.code
                answer(response)
            }
        }
    }

    /// The answer has the shape of the request; codes stand in its order.
    private static func response(
        to request: AssignReplicasToDirsRequest, _ codes: [ErrorCode]
    ) -> AssignReplicasToDirsResponse {
        var codes = codes.makeIterator()
        var response = AssignReplicasToDirsResponse()
        for asked in request.directories {
            var directory = AssignReplicasToDirsResponse.DirectoryData()
            directory.id = asked.id
            for askedTopic in asked.topics {
                var topic = AssignReplicasToDirsResponse.TopicData()
                topic.topicID = askedTopic.topicID
                for askedPartition in askedTopic.partitions {
                    var partition = AssignReplicasToDirsResponse.PartitionData()
                    partition.partitionIndex = askedPartition.partitionIndex
                    partition.errorCode = codes.next() ?? .unknownServerError
                    topic.partitions.append(partition)
                }
                directory.topics.append(topic)
            }
            response.directories.append(directory)
        }
        return response
    }
}
