internal import Bytes
internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Replication
internal import Telemetry
internal import Wire
internal import WireMessages

/// A damaged segment that is written anew: what is whole of it from its own file, the rest from other replicas, one
/// after the other. Lives on the partition's loop; the disk's part runs on the directory's background thread.
final class SegmentRepair {
    enum Outcome {
        case repaired
        case failed(String)
        /// The log went away, or was cut.
        case closed
    }

    /// Bytes asked for at once.
    private static let fetchSize: Int32 = 1 << 20
    private static let timeout = Duration.seconds(30)

    private let partition: Partition
    private let job: CleaningJob
    private unowned let shard: Shard
    /// Replicas that are still to be asked, the next one last.
    private var sources: [BrokerID]
    private var connection: PeerConnection?
    private let completion: (Outcome) -> Void
    /// Goes on after a pause that befits so many bytes.
    private let pause: (Int, @escaping () -> Void) -> Void

    init(
        _ partition: Partition, _ job: CleaningJob, shard: Shard,
        completion: @escaping (Outcome) -> Void,
        pause: @escaping (Int, @escaping () -> Void) -> Void
    ) {
        self.partition = partition
        self.job = job
        self.shard = shard
        self.completion = completion
        self.pause = pause
        // A follower's leader has it, or whoever is in sync with this leader.
        let others: [BrokerID] =
            switch partition.role {
            case .leader:
                partition.assigned.inSyncReplicas.filter { $0 != shard.nodeID }.sorted()
            case .follower(let leader): [leader]
            case .idle: []
            }
        sources = others.reversed()
    }

    /// Does the next step.
    func step() {
        let job = job
        onDisk { () throws(LogError) in
            try job.step()
        } then: { repair, outcome in
            repair.stepped(outcome)
        }
    }

    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws(LogError) -> Value,
        then: @escaping @Sendable (SegmentRepair, Result<Value, LogError>) -> Void
    ) {
        let bound = LoopBound(self, on: shard.loop)
        partition.directory.background.perform {
            let outcome: Result<Value, LogError>
            do throws(LogError) {
                outcome = .success(try work())
            } catch {
                outcome = .failure(error)
            }
            let result = outcome
            bound.post { repair in
                guard !repair.shard.isClosed else { return }
                then(repair, result)
            }
        }
    }

    private func stepped(_ outcome: Result<CleaningJob.Progress, LogError>) {
        switch outcome {
        case .success(.more(let bytes)): pause(bytes) { self.step() }
        case .success(.wants(let offset, _)): ask(from: offset)
        case .success(.ready(let group, _)): adopt(group)
        case .success(.done(let outcome)):
            partition.log.cleaningEnded(job, outcome)
            end(.repaired)
        case .success(.closed): end(.closed)
        case .failure(let error):
            give(up: error.description)
            if case .file = error { partition.storageFailed(error) }
        }
    }

    // MARK: Other replicas

    private func ask(from offset: Offset) {
        guard !partition.isOffline else { return give(up: "the replica is offline") }
        guard let replica = sources.last else {
            return give(up: "no other replica in sync has it")
        }
        guard let connection = connection ?? connect(to: replica) else {
            return refused(by: replica, "its address is not known", from: offset)
        }
        self.connection = connection
        connection.send(
            request(from: offset), versions: ReplicaFetcher.versions, timeout: Self.timeout
        ) { [weak self] answer in
            guard let self, !self.shard.isClosed else { return }
            self.answered(answer, by: replica, from: offset)
        }
    }

    private func connect(to replica: BrokerID) -> PeerConnection? {
        let listener = shard.node.configuration.interBrokerListener
        guard let endpoint = shard.image.broker(replica)?.endpoint(of: listener) else { return nil }
        return PeerConnection(
            host: endpoint.host, port: endpoint.port,
            clientID: "broker-\(shard.nodeID.rawValue)-repair-\(shard.index)", loop: shard.loop,
            transport: shard.node.world.transport)
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

    private func answered(
        _ answer: Result<FetchResponse, PeerError>, by replica: BrokerID, from offset: Offset
    ) {
        switch answer {
        case .failure(let error): refused(by: replica, "\(error)", from: offset)
        case .success(let response):
            let told = response.responses.first?.partitions.first
            let error = told?.errorCode ?? response.errorCode
            guard error == .none, let bytes = told?.records, !bytes.isEmpty else {
                return refused(by: replica, error.name, from: offset)
            }
            supply(bytes, by: replica, from: offset)
        }
    }

    private func supply(_ bytes: SharedBytes, by replica: BrokerID, from offset: Offset) {
        let job = job
        onDisk { () throws(LogError) in
            try job.supply(bytes)
        } then: { repair, outcome in
            switch outcome {
            case .success: repair.pause(bytes.count) { repair.step() }
            case .failure(.file(let error)):
                repair.give(up: error.description)
                repair.partition.storageFailed(.file(error))
            case .failure(let error): repair.refused(by: replica, error.description, from: offset)
            }
        }
    }

    /// The next replica is asked from where this one left off.
    private func refused(by replica: BrokerID, _ cause: String, from offset: Offset) {
        shard.node.log.warn(
            "segmentNotSupplied",
            [
                "partition": partition.name, "replica": replica.rawValue,
                "from": offset.rawValue, "cause": cause,
            ])
        connection?.close()
        connection = nil
        sources.removeLast()
        step()
    }

    // MARK: Its end

    private func adopt(_ group: CleanedGroup) {
        guard !partition.isOffline else { return give(up: "the replica is offline") }
        do throws(LogError) {
            let removal = try partition.log.adopt(group, of: job, now: shard.loop.wallTime)
            guard let removal else { return end(.closed) }
            shard.remove(removal, of: partition)
            step()
        } catch {
            give(up: error.description)
            partition.storageFailed(error)
        }
    }

    /// What was written is removed, and the log stays as it is.
    private func give(up cause: String) {
        do throws(LogError) {
            try partition.log.cleaningFailed(job)
        } catch {
            partition.storageFailed(error)
        }
        let (job, log, path) = (job, shard.node.log, partition.directory.path)
        partition.directory.background.perform {
            do throws(LogError) {
                try job.discard()
            } catch {
                // The next start sweeps it.
                log.warn("repairNotRemoved", ["directory": path, "cause": error])
            }
        }
        end(.failed(cause))
    }

    private func end(_ outcome: Outcome) {
        connection?.close()
        connection = nil
        completion(outcome)
    }
}
