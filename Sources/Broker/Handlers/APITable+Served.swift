internal import Bytes
internal import Wire

extension APITable {
    /// What this build serves, and where.
    static let served: APITable = {
        let broker: [ListenerKind] = [.broker]
        let controller: [ListenerKind] = [.controller]
        let both: [ListenerKind] = [.broker, .controller]
        var entries: [APIEntry] = []
        // The answer to ApiVersions is made of the finished table.
        @Sendable func table() -> APITable { APITable.served }
        entries += [
            APIEntry(.produce, 3...13, on: broker, ProduceHandler.handle),
            APIEntry(.fetch, 4...18, on: both) { (scope) throws(DecodeError) in
                switch scope.exchange.listener.kind {
                case .broker: try FetchHandler.handle(scope)
                case .controller: try QuorumFetchHandler.handle(scope)
                }
            },
            APIEntry(.listOffsets, 1...11, on: broker, ListOffsetsHandler.handle),
            APIEntry(.metadata, 0...13, on: broker, MetadataHandler.handle),
            APIEntry(.findCoordinator, 0...6, on: broker, FindCoordinatorHandler.handle),
            APIEntry(.apiVersions, ApiVersionsHandler.versions, on: both) {
                (scope) throws(DecodeError) in try ApiVersionsHandler.handle(scope, table())
            },
            APIEntry(.deleteRecords, 0...2, on: broker, DeleteRecordsHandler.handle),
            APIEntry(.initProducerId, 0...5, on: broker, InitProducerIdHandler.handle),
            APIEntry(.offsetForLeaderEpoch, 2...4, on: broker, OffsetForLeaderEpochHandler.handle),
            APIEntry(.describeConfigs, 1...4, on: broker, DescribeConfigsHandler.handle),
            APIEntry(.describeCluster, 0...2, on: both, DescribeClusterHandler.handle),
            APIEntry(
                .describeTopicPartitions, 0...0, on: broker,
                DescribeTopicPartitionsHandler.handle),
        ]
        entries += [
            APIEntry(.vote, 0...2, on: controller, VoteHandler.handle),
            APIEntry(.beginQuorumEpoch, 0...1, on: controller, BeginQuorumEpochHandler.handle),
            APIEntry(.endQuorumEpoch, 0...1, on: controller, EndQuorumEpochHandler.handle),
            APIEntry(.fetchSnapshot, 0...1, on: controller, FetchSnapshotHandler.handle),
            APIEntry(.describeQuorum, 0...2, on: both, DescribeQuorumHandler.handle),
            APIEntry(.envelope, 0...0, on: controller, EnvelopeHandler.handle),
        ]
        entries += ControllerAPIs.entries
        return APITable(entries)
    }()
}
