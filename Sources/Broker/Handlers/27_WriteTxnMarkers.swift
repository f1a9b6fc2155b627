internal import Bytes
internal import Configuration
internal import Metadata
internal import Model
internal import Ports
internal import Records
internal import WireMessages

/// WriteTxnMarkers, v1 and v2 (KIP-98, 1228): the coordinator of transactions has one ended in the partitions that
/// are led here. Answered for each partition when the marker is committed. Not supported: the stricter check of
/// epochs that `TransactionVersion` 2 asks for.
enum WriteTxnMarkersHandler {
    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: WriteTxnMarkersRequest = try scope.request()
        let exchange = scope.exchange
        let shard = scope.shard
        var parts: [ProducePart] = []
        var refused: [(Int, ProduceOutcome)] = []
        var count = 0
        for marker in request.markers {
            let end = TransactionEnd(marker)
            for topic in marker.topics {
                let id = shard.image.topicID(named: topic.name)
                for partition in topic.partitionIndexes {
                    defer { count += 1 }
                    guard let id, marker.producerID >= 0, marker.producerEpoch >= 0 else {
                        let error: ErrorCode =
                            id == nil ? .unknownTopicOrPartition : .invalidProducerIdMapping
                        refused.append((count, .failure(error)))
                        continue
                    }
                    parts.append(
                        ProducePart(
                            index: count, key: PartitionKey(id, partition), records: .empty,
                            end: end))
                }
            }
        }
        let operation = ProduceOperation(partCount: count) { outcomes in
            exchange.respond(response(request, outcomes))
        }
        operation.finished(refused)
        shard.produce(
            parts, .all, version: exchange.version,
            deadline: shard.loop.now + shard.brokerSettings.duration("request.timeout.ms"),
            for: operation)
    }

    private static func response(
        _ request: WriteTxnMarkersRequest, _ outcomes: [ProduceOutcome]
    ) -> WriteTxnMarkersResponse {
        var next = outcomes.makeIterator()
        var response = WriteTxnMarkersResponse()
        response.markers = request.markers.map { marker in
            var result = WriteTxnMarkersResponse.WritableTxnMarkerResult()
            result.producerID = marker.producerID
            result.topics = marker.topics.map { topic in
                var answered = WriteTxnMarkersResponse.WritableTxnMarkerTopicResult()
                answered.name = topic.name
                answered.partitions = topic.partitionIndexes.map { partition in
                    var told = WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult()
                    told.partitionIndex = partition
                    told.errorCode = next.next()?.error ?? .unknownServerError
                    return told
                }
                return answered
            }
            return result
        }
        return response
    }
}

extension TransactionEnd {
    fileprivate init(_ wire: WriteTxnMarkersRequest.WritableTxnMarker) {
        producerID = ProducerID(wire.producerID)
        producerEpoch = wire.producerEpoch
        marker = EndTransactionMarker(
            isCommit: wire.transactionResult, coordinatorEpoch: wire.coordinatorEpoch)
    }
}
