internal import Bytes
internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Records
internal import Replication
internal import Wire
internal import WireMessages

/// Reads what other replicas have of a partition, to look at it or to fill a hole with it. Lives on the partition's
/// loop.
final class ReplicaReader {
    /// Why a replica does not help.
    struct Refusal: Error {
        let cause: String
        /// Asked again a little later it may: a leader just elected does not know it yet, a broker starts.
        let isPassing: Bool

        init(_ cause: String, isPassing: Bool = false) {
            self.cause = cause
            self.isPassing = isPassing
        }

        init(_ error: ErrorCode) {
            let passing: [ErrorCode] = [
                .unknownLeaderEpoch, .fencedLeaderEpoch, .notLeaderOrFollower, .unknownTopicId,
                .unknownTopicOrPartition, .replicaNotAvailable,
            ]
            self.init(error.name, isPassing: passing.contains(error))
        }
    }

    /// Bytes asked for at once.
    private static let fetchSize: Int32 = 1 << 20
    private static let timeout = Duration.seconds(10)

    private let partition: Partition
    private unowned let shard: Shard
    /// To the replica that was asked last.
    private var connection: (replica: BrokerID, peer: PeerConnection)?

    init(_ partition: Partition, shard: Shard) {
        self.partition = partition
        self.shard = shard
    }

    /// Asks `replica` for about a megabyte from `offset` on.
    func read(
        from offset: Offset, at replica: BrokerID,
        completion: @escaping (Result<SharedBytes, Refusal>) -> Void
    ) {
        guard let peer = connect(to: replica) else {
            return completion(.failure(Refusal("its address is not known", isPassing: true)))
        }
        peer.send(request(from: offset), versions: ReplicaFetcher.versions, timeout: Self.timeout) {
            [weak self] answer in
            guard let self, !self.shard.isClosed else { return }
            completion(Self.records(in: answer))
        }
    }

    func close() {
        connection?.peer.close()
        connection = nil
    }

    private func connect(to replica: BrokerID) -> PeerConnection? {
        if let connection, connection.replica == replica { return connection.peer }
        close()
        let listener = shard.node.configuration.interBrokerListener
        guard let endpoint = shard.image.broker(replica)?.endpoint(of: listener) else { return nil }
        let peer = PeerConnection(
            host: endpoint.host, port: endpoint.port,
            clientID: "broker-\(shard.nodeID.rawValue)-repair-\(shard.index)", loop: shard.loop,
            transport: shard.node.world.transport)
        connection = (replica, peer)
        return peer
    }

    /// A fetch outside of any session. A follower asks as consumers do, for as a follower it would take back what it
    /// has acknowledged; a leader tells who it is, for nobody else may read from a follower.
    private func request(from offset: Offset) -> FetchRequest {
        var request = FetchRequest()
        if partition.leader != nil {
            request.replicaState.replicaID = shard.nodeID.rawValue
            request.replicaState.replicaEpoch = shard.brokerEpoch.rawValue
        }
        request.minBytes = 1
        request.maxBytes = Self.fetchSize
        request.sessionEpoch = -1
        var asked = FetchRequest.FetchPartition()
        asked.partition = partition.key.partition
        asked.currentLeaderEpoch = partition.assigned.leaderEpoch.rawValue
        asked.fetchOffset = offset.rawValue
        asked.partitionMaxBytes = Self.fetchSize
        var topic = FetchRequest.FetchTopic()
        topic.topicID = partition.key.topicID.uuid
        topic.partitions = [asked]
        request.topics = [topic]
        return request
    }

    private static func records(
        in answer: Result<FetchResponse, PeerError>
    ) -> Result<SharedBytes, Refusal> {
        switch answer {
        case .failure(let error): return .failure(Refusal("\(error)", isPassing: true))
        case .success(let response):
            let told = response.responses.first?.partitions.first
            let error = told?.errorCode ?? response.errorCode
            guard error == .none else { return .failure(Refusal(error)) }
            guard let bytes = told?.records, !bytes.isEmpty else {
                return .failure(Refusal("it has nothing"))
            }
            return .success(bytes)
        }
    }
}
