import Bytes
import Model
import Ports
import TestSupport
import Testing
import Wire
import WireMessages

@testable import Broker

@Suite("The fetch answer written around its records")
struct FetchResponseRendererTests {
    private let topicID = TopicID(UUID(high: 7, low: 9))

    private func answers() -> [FetchAnswer] {
        var data = FetchAnswer()
        data.highWatermark = Offset(12)
        data.lastStableOffset = Offset(11)
        data.logStartOffset = Offset(1)
        data.abortedTransactions = [.init(producerID: ProducerID(5), firstOffset: Offset(3))]
        data.records = [.bytes([1, 2, 3]), .bytes([4, 5])]
        var diverging = FetchAnswer()
        diverging.divergingEpoch = OffsetAndEpoch(offset: Offset(8), epoch: LeaderEpoch(2))
        let refused = FetchAnswer.failure(
            .notLeaderOrFollower, leader: .init(id: BrokerID(3), epoch: LeaderEpoch(6)))
        var elsewhere = FetchAnswer()
        elsewhere.preferredReplica = 2
        return [data, diverging, refused, elsewhere]
    }

    private func model(_ version: Int16) -> FetchResponse {
        var response = FetchResponse()
        if version >= 7 { response.sessionID = 42 }
        var topic = FetchResponse.FetchableTopicResponse()
        if version >= 13 { topic.topicID = topicID.uuid } else { topic.topic = "orders" }
        for (index, answer) in answers().enumerated() {
            var partition = FetchResponse.PartitionData()
            partition.partitionIndex = Int32(index)
            partition.errorCode = answer.error
            partition.highWatermark = answer.highWatermark.rawValue
            partition.lastStableOffset = answer.lastStableOffset.rawValue
            partition.logStartOffset = answer.logStartOffset.rawValue
            partition.abortedTransactions = answer.abortedTransactions?.map {
                var aborted = FetchResponse.AbortedTransaction()
                aborted.producerID = $0.producerID.rawValue
                aborted.firstOffset = $0.firstOffset.rawValue
                return aborted
            }
            if version >= 11 {
                partition.preferredReadReplica = answer.preferredReplica?.rawValue ?? -1
            }
            partition.records = index == 0 ? [1, 2, 3, 4, 5] : .empty
            if version >= 12, let end = answer.divergingEpoch {
                partition.divergingEpoch.epoch = end.epoch.rawValue
                partition.divergingEpoch.endOffset = end.offset.rawValue
            }
            if version >= 12, let leader = answer.currentLeader {
                partition.currentLeader.leaderID = leader.id.rawValue
                partition.currentLeader.leaderEpoch = leader.epoch.rawValue
            }
            topic.partitions.append(partition)
        }
        response.responses = [topic]
        if version >= 16 {
            var node = FetchResponse.NodeEndpoint()
            node.nodeID = 3
            node.host = "three"
            node.port = 9092
            node.rack = "r"
            response.nodeEndpoints = [node]
        }
        return response
    }

    @Test(arguments: Int16(4)...18)
    func `is what the generated message would be`(version: Int16) throws {
        let reference: TopicReference = version >= 13 ? .id(topicID) : .name("orders")
        let pieces = FetchResponseRenderer.render(
            version: version, correlationID: 77, error: .none, sessionID: 42,
            topics: [
                .init(
                    reference: reference,
                    partitions: answers().enumerated().map {
                        (index: Int32($0.offset), answer: $0.element)
                    })
            ],
            nodes: [.init(id: BrokerID(3), host: "three", port: 9092, rack: "r")])
        var rendered: [UInt8] = []
        for case .bytes(let bytes) in pieces { rendered += bytes.array }
        let expected = try encodeResponse(model(version), version: version, correlationID: 77)
        #expect(rendered == expected.array)
    }
}
