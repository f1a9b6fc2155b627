internal import Bytes
internal import Model
internal import Ports
internal import Records
internal import Replication
internal import Telemetry

/// A leader whose log has a hole looks for a member of the ISR that has the records there, and stands down in its
/// favour: readers go to that one while the hole is filled. Lives on the partition's loop.
///
/// Nobody whole, a controller that does not agree (Kafka's do not), none that answers in time: the leader stays.
final class LeadershipHandover {
    /// How long an agreed change may take to come back with the metadata.
    private static let patience = Duration.seconds(5)

    private let partition: Partition
    /// Where the hole begins.
    private let offset: Offset
    private unowned let shard: Shard
    private let reader: ReplicaReader
    /// Members of the ISR that are still to be asked, the next one last.
    private var candidates: [BrokerID]
    private var timer: TimerID?
    private let completion: () -> Void
    private var isDone = false

    init(
        _ partition: Partition, at offset: Offset, shard: Shard, completion: @escaping () -> Void
    ) {
        self.partition = partition
        self.offset = offset
        self.shard = shard
        self.completion = completion
        reader = ReplicaReader(partition, shard: shard)
        let state = partition.assigned
        candidates = state.replicas.filter {
            $0 != shard.nodeID && state.inSyncReplicas.contains($0)
        }.reversed()
    }

    /// Asks the next candidate.
    func begin() {
        guard partition.leader != nil, let candidate = candidates.popLast() else { return end() }
        reader.read(from: offset, at: candidate) { [weak self] answer in
            guard let self, !self.isDone else { return }
            switch answer {
            case .success(let bytes) where Self.isWhole(bytes): self.propose(candidate)
            case .success, .failure: self.begin()
            }
        }
    }

    private static func isWhole(_ bytes: SharedBytes) -> Bool {
        var batches = RecordBatchSequence(bytes)
        do throws(RecordBatchError) {
            guard let batch = try batches.next() else { return false }
            try batch.checkCRC()
            return true
        } catch {
            // It has a hole there too.
            return false
        }
    }

    private func propose(_ successor: BrokerID) {
        guard let change = partition.leader?.handOver(to: successor) else { return end() }
        shard.node.log.info(
            "leadershipOffered",
            [
                "partition": partition.name, "to": successor.rawValue,
                "hole": offset.rawValue,
            ])
        shard.propose(change, for: partition)
        timer = shard.loop.arm(at: shard.loop.now + Self.patience) { [weak self] in
            self?.timer = nil
            self?.end()
        }
    }

    /// The leadership is over, or the controller has refused.
    func end() {
        guard !isDone else { return }
        isDone = true
        reader.close()
        if let timer { shard.loop.disarm(timer) }
        timer = nil
        partition.handover = nil
        // The replica may be in the middle of becoming a follower.
        shard.loop.atEndOfTurn { [completion] in completion() }
    }
}
