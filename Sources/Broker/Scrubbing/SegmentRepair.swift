internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

/// A damaged segment that is written anew: what is whole of it from its own file, the rest from other replicas, one
/// after the other. Lives on the partition's loop; the disk's part runs on the directory's background thread.
final class SegmentRepair {
    enum Outcome {
        case repaired
        case failed(String)
        /// The log went away, or was cut.
        case closed
    }

    /// How long replicas that cannot answer yet are asked again, and how often.
    private static let patience = Duration.seconds(10)
    private static let pause = Duration.milliseconds(200)

    private let partition: Partition
    private let job: CleaningJob
    private unowned let shard: Shard
    /// Replicas that are still to be asked, the next one last.
    private var sources: [BrokerID]
    private let reader: ReplicaReader
    /// When those that cannot answer yet are given up; nil while they answer.
    private var patienceEnds: Instant?
    private let completion: (Outcome) -> Void

    init(
        _ partition: Partition, _ job: CleaningJob, shard: Shard,
        completion: @escaping (Outcome) -> Void
    ) {
        self.partition = partition
        self.job = job
        self.shard = shard
        self.completion = completion
        reader = ReplicaReader(partition, shard: shard)
        // A follower's leader has it, or whoever is in sync with this leader. Who fell behind may have it too, and
        // is asked last: its batches count if they are of the epochs in which ours were written.
        let others: [BrokerID] =
            switch partition.role {
            case .leader: Self.sources(of: partition.assigned, for: shard.nodeID)
            case .follower(let leader): [leader]
            case .idle: []
            }
        sources = others.reversed()
    }

    private static func sources(of state: AssignedState, for node: BrokerID) -> [BrokerID] {
        let others = state.replicas.filter { $0 != node }.sorted()
        return others.filter(state.inSyncReplicas.contains)
            + others.filter { !state.inSyncReplicas.contains($0) }
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
        case .success(.more): step()
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
        // Whoever leads now, if this one stopped leading meanwhile.
        if case .follower(let leader) = partition.role, !sources.isEmpty { sources = [leader] }
        guard let replica = sources.last else {
            return give(up: "no other replica has it")
        }
        reader.read(from: offset, at: replica) { [weak self] answer in
            switch answer {
            case .success(let bytes): self?.supply(bytes, by: replica, from: offset)
            case .failure(let refusal) where refusal.isPassing:
                self?.notYet(replica, refusal.cause, from: offset)
            case .failure(let refusal): self?.refused(by: replica, refusal.cause, from: offset)
            }
        }
    }

    /// A replica cannot answer now: the others are asked, and then it again.
    private func notYet(_ replica: BrokerID, _ cause: String, from offset: Offset) {
        let now = shard.loop.now
        let end = patienceEnds ?? now + Self.patience
        patienceEnds = end
        guard now < end else { return refused(by: replica, cause, from: offset) }
        sources.insert(sources.removeLast(), at: 0)
        shard.loop.arm(at: now + Self.pause) { [weak self] in
            guard let self, !self.shard.isClosed else { return }
            self.ask(from: offset)
        }
    }

    private func supply(_ bytes: SharedBytes, by replica: BrokerID, from offset: Offset) {
        patienceEnds = nil
        let job = job
        onDisk { () throws(LogError) in
            try job.supply(bytes)
        } then: { repair, outcome in
            switch outcome {
            case .success: repair.step()
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
        reader.close()
        completion(outcome)
    }
}
