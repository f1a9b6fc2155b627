internal import Bytes
internal import LogStorage
internal import Model
internal import Ports
internal import Records
internal import Replication

/// Whether the leader holds the same batches as a follower's segment that was just read and found whole: what a
/// checksum cannot tell is an offset that flipped, a write that went astray, or a bug of ours.
///
/// The leader is asked with an ordinary Fetch, a megabyte at a time and at the scrubber's rate; only sums over the
/// headers are kept. Compacted topics are not compared, for each replica compacts for itself. Lives on the
/// partition's loop.
final class SegmentComparison {
    enum Outcome: Equatable {
        case same
        case differs(from: Offset, below: Offset)
        /// The leader has deleted it, is damaged there itself, or does not answer.
        case unknown
    }

    private let partition: Partition
    private let leader: BrokerID
    private let reader: ReplicaReader
    private var walk: DigestWalk
    private let completion: (Outcome) -> Void
    /// Goes on after a pause that befits so many bytes.
    private let pause: (Int, @escaping () -> Void) -> Void

    init(
        _ partition: Partition, _ scan: SegmentScan, leader: BrokerID, shard: Shard,
        completion: @escaping (Outcome) -> Void,
        pause: @escaping (Int, @escaping () -> Void) -> Void
    ) {
        self.partition = partition
        self.leader = leader
        self.completion = completion
        self.pause = pause
        reader = ReplicaReader(partition, shard: shard)
        walk = DigestWalk(from: scan.baseOffset, marks: scan.marks)
    }

    /// Asks for what is next.
    func step() {
        guard partition.role == .follower(of: leader) else { return end(.unknown) }
        reader.read(from: walk.next, at: leader) { [weak self] answer in
            guard let self else { return }
            guard case .success(let bytes) = answer else { return self.end(.unknown) }
            self.compare(bytes)
        }
    }

    private func compare(_ bytes: SharedBytes) {
        var batches = RecordBatchSequence(bytes)
        let before = walk.next
        do throws(RecordBatchError) {
            while let batch = try batches.next() {
                try batch.checkCRC()
                if let range = walk.take(batch.header) {
                    return end(.differs(from: range.lowerBound, below: range.upperBound))
                }
                if walk.isDone { return end(.same) }
            }
        } catch {
            return end(.unknown)
        }
        guard walk.next > before else { return end(.unknown) }
        pause(bytes.count) { self.step() }
    }

    private func end(_ outcome: Outcome) {
        reader.close()
        completion(outcome)
    }
}
