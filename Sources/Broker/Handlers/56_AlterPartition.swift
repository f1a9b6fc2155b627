internal import Controller
internal import Metadata
internal import Model
internal import WireMessages

/// AlterPartition, v2 (plain ISR) and v3 (with broker epochs, KIP-903), from partition leaders to the active
/// controller.
enum AlterPartitionHandler {
    static func handle(
        _ request: AlterPartitionRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (AlterPartitionResponse) -> Void
    ) {
        let alterations = request.topics.flatMap { topic in
            topic.partitions.map { alteration($0, TopicID(topic.topicID), version) }
        }
        driver.decide { controller, _ throws(ControllerError) in
            try controller.alterPartitions(
                alterations, by: BrokerID(request.brokerID), epoch: BrokerEpoch(request.brokerEpoch)
            )
        } completion: { outcome in
            var response = AlterPartitionResponse()
            switch outcome {
            case .success(let results): response.topics = topics(results)
            case .failure(let error): response.errorCode = error.code
            }
            answer(response)
        }
    }

    private static func alteration(
        _ partition: AlterPartitionRequest.PartitionData, _ topic: TopicID, _ version: Int16
    ) -> PartitionAlteration {
        let isr: [(broker: BrokerID, epoch: BrokerEpoch)]
        if version >= 3 {
            isr = partition.newISRWithEpochs.map {
                (broker: BrokerID($0.brokerID), epoch: BrokerEpoch($0.brokerEpoch))
            }
        } else {
            isr = partition.newISR.map { (broker: BrokerID($0), epoch: .none) }
        }
        return PartitionAlteration(
            key: PartitionKey(topic, partition.partitionIndex),
            leaderEpoch: LeaderEpoch(partition.leaderEpoch),
            partitionEpoch: PartitionEpoch(partition.partitionEpoch), isr: isr,
            recoveryState: partition.leaderRecoveryState)
    }

    /// Results stand in the order of the request, so those of one topic stand together.
    private static func topics(
        _ results: [PartitionAlterationResult]
    ) -> [AlterPartitionResponse.TopicData] {
        var topics: [AlterPartitionResponse.TopicData] = []
        for result in results {
            if topics.last?.topicID != result.key.topicID.uuid {
                var topic = AlterPartitionResponse.TopicData()
                topic.topicID = result.key.topicID.uuid
                topics.append(topic)
            }
            topics[topics.count - 1].partitions.append(shown(result))
        }
        return topics
    }

    private static func shown(
        _ result: PartitionAlterationResult
    ) -> AlterPartitionResponse.PartitionData {
        var shown = AlterPartitionResponse.PartitionData()
        shown.partitionIndex = result.key.partition
        switch result.outcome {
        case .success(let partition):
            shown.leaderID = partition.leader?.rawValue ?? -1
            shown.leaderEpoch = partition.leaderEpoch.rawValue
            shown.isr = partition.isr.numbers
            shown.leaderRecoveryState = partition.recoveryState.rawValue
            shown.partitionEpoch = partition.partitionEpoch.rawValue
        case .failure(let error): shown.errorCode = error.code
        }
        return shown
    }
}
