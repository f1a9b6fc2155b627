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
            APIEntry(
                .produce, 3...13, shownFrom: ApiVersionsHandler.lowestProduceShown, on: broker,
                ProduceHandler.handle),
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
            APIEntry(.writeTxnMarkers, 1...2, on: broker, WriteTxnMarkersHandler.handle),
            APIEntry(.offsetForLeaderEpoch, 2...4, on: broker, OffsetForLeaderEpochHandler.handle),
            APIEntry(.describeConfigs, 1...4, on: both, DescribeConfigsHandler.handle),
            APIEntry(.alterReplicaLogDirs, 1...2, on: broker, AlterReplicaLogDirsHandler.handle),
            APIEntry(.describeLogDirs, 1...5, on: broker, DescribeLogDirsHandler.handle),
            APIEntry(.describeCluster, 0...2, on: both, DescribeClusterHandler.handle),
            APIEntry(.describeProducers, 0...0, on: broker, DescribeProducersHandler.handle),
            APIEntry(.listConfigResources, 0...1, on: broker, ListConfigResourcesHandler.handle),
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
            APIEntry(.addRaftVoter, 0...1, on: both, AddRaftVoterHandler.handle),
            APIEntry(.removeRaftVoter, 0...0, on: both, RemoveRaftVoterHandler.handle),
            APIEntry(.updateRaftVoter, 0...0, on: controller, UpdateRaftVoterHandler.handle),
        ]
        entries += groups(on: broker)
        entries += ControllerAPIs.entries
        return APITable(entries)
    }()

    /// What group coordinators serve.
    private static func groups(on broker: [ListenerKind]) -> [APIEntry] {
        [
            // v2 is what Kafka shows (KIP-896); see the handler for those below.
            APIEntry(.offsetCommit, 0...10, shownFrom: 2, on: broker, OffsetCommitHandler.handle),
            APIEntry(.offsetFetch, 1...10, on: broker, OffsetFetchHandler.handle),
            APIEntry(.joinGroup, 0...9, on: broker, JoinGroupHandler.handle),
            APIEntry(.heartbeat, 0...4, on: broker, HeartbeatHandler.handle),
            APIEntry(.leaveGroup, 0...5, on: broker, LeaveGroupHandler.handle),
            APIEntry(.syncGroup, 0...5, on: broker, SyncGroupHandler.handle),
            APIEntry(.describeGroups, 0...6, on: broker, DescribeGroupsHandler.handle),
            APIEntry(.listGroups, 0...5, on: broker, ListGroupsHandler.handle),
            APIEntry(.deleteGroups, 0...2, on: broker, DeleteGroupsHandler.handle),
            APIEntry(.txnOffsetCommit, 0...5, on: broker, TxnOffsetCommitHandler.handle),
            APIEntry(.offsetDelete, 0...0, on: broker, OffsetDeleteHandler.handle),
            APIEntry(
                .consumerGroupHeartbeat, 0...1, on: broker, ConsumerGroupHeartbeatHandler.handle),
            APIEntry(
                .consumerGroupDescribe, 0...1, on: broker, ConsumerGroupDescribeHandler.handle),
        ]
    }
}
