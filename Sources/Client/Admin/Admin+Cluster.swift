public import Model
internal import Wire
internal import WireMessages

extension Admin {
    /// The servers of the cluster, of the kind that this client asks.
    public func describeCluster(
        includingFenced: Bool = false
    ) async throws(ClientError) -> ClusterDescription {
        try await retrying("describing the cluster") {
            left throws(ClientError) -> ClusterDescription in
            var request = DescribeClusterRequest()
            request.endpointType = configuration.endpointType == .controllers ? 2 : 1
            request.includeFencedBrokers = includingFenced
            // The defaults of the newer fields are the behaviour of version 0.
            let lowest: Int16 = includingFenced ? 2 : request.endpointType == 2 ? 1 : 0
            let answer = try await ask(request, versions: lowest...2, within: left).message
            try answer.errorCode.check(answer.errorMessage)
            let nodes = answer.brokers.map { broker in
                NodeDescription(
                    id: BrokerID(broker.brokerID),
                    address: ServerAddress(
                        host: broker.host, port: UInt16(clamping: broker.port)),
                    rack: broker.rack, isFenced: broker.isFenced)
            }
            return ClusterDescription(
                clusterID: answer.clusterID, controllerID: BrokerID(answer.controllerID),
                nodes: nodes.sorted { $0.id < $1.id })
        }
    }

    /// The metadata quorum, from its leader.
    public func describeQuorum() async throws(ClientError) -> QuorumDescription {
        try await retrying("describing the quorum") {
            left throws(ClientError) -> QuorumDescription in
            var partition = DescribeQuorumRequest.PartitionData()
            partition.partitionIndex = TopicPartition.metadata.partition
            var topic = DescribeQuorumRequest.TopicData()
            topic.topicName = TopicPartition.metadata.topic
            topic.partitions = [partition]
            var request = DescribeQuorumRequest()
            request.topics = [topic]
            let isDirect = configuration.endpointType == .controllers
            let answer = try await ask(
                request, of: isDirect ? .controller : .any, within: left
            ).message
            try answer.errorCode.check(answer.errorMessage)
            guard let result = answer.topics.first?.partitions.first else {
                throw .refused(.unknownServerError, message: "the answer describes no quorum")
            }
            try result.errorCode.check(result.errorMessage)
            return Self.quorum(result, nodes: answer.nodes)
        }
    }

    private static func quorum(
        _ result: DescribeQuorumResponse.PartitionData, nodes: [DescribeQuorumResponse.Node]
    ) -> QuorumDescription {
        func replica(_ state: DescribeQuorumResponse.ReplicaState) -> QuorumReplica {
            QuorumReplica(
                id: BrokerID(state.replicaID), directoryID: DirectoryID(state.replicaDirectoryID),
                logEndOffset: Offset(state.logEndOffset),
                lastFetch: Timestamp(state.lastFetchTimestamp),
                lastCaughtUp: Timestamp(state.lastCaughtUpTimestamp))
        }
        var endpoints: [BrokerID: [Endpoint]] = [:]
        for node in nodes {
            endpoints[BrokerID(node.nodeID)] = node.listeners.map {
                Endpoint(listener: $0.name, host: $0.host, port: $0.port)
            }
        }
        return QuorumDescription(
            leaderID: BrokerID(result.leaderID), leaderEpoch: Term(result.leaderEpoch),
            highWatermark: Offset(result.highWatermark),
            voters: result.currentVoters.map(replica), observers: result.observers.map(replica),
            endpoints: endpoints)
    }

    /// What a server speaks: a given one, or any.
    public func apiVersions(
        of node: BrokerID? = nil
    ) async throws(ClientError) -> NodeApiVersions {
        let answer = try await ask(
            ApiVersionsQuestion.request, of: node.map { .node($0) } ?? .any
        ).message
        try answer.errorCode.check()
        var supported: [String: FeatureRange] = [:]
        for feature in answer.supportedFeatures {
            supported[feature.name] = FeatureRange(
                min: feature.minVersion, max: feature.maxVersion)
        }
        var finalized: [String: Int16] = [:]
        for feature in answer.finalizedFeatures {
            finalized[feature.name] = feature.maxVersionLevel
        }
        return NodeApiVersions(
            entries: answer.apiKeys.map {
                NodeApiVersions.Entry(key: $0.apiKey, min: $0.minVersion, max: $0.maxVersion)
            },
            supportedFeatures: supported, finalizedFeatures: finalized,
            finalizedEpoch: answer.finalizedFeaturesEpoch)
    }
}
