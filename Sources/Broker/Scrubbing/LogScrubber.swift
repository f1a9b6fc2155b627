internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

/// Re-reads the segments of one loop's logs, but those that are being written, a directory's one after the other, at a
/// bounded rate, compares what it follows with its leader, and has what is damaged written anew from a replica that is
/// whole. Lives on the loop; the disk's part runs on each directory's background thread.
///
/// A leader with a hole first hands its leadership to a member of the ISR that is whole there. Then a follower asks its
/// leader, and a leader that had to stay the others in the ISR. What nobody has is told once, and the log goes on with
/// what it has.
final class LogScrubber {
    /// One segment under way.
    final class Run {
        let partition: Partition
        var scan: SegmentScan
        var repair: SegmentRepair?
        var comparison: SegmentComparison?

        init(_ partition: Partition, _ scan: SegmentScan) {
            self.partition = partition
            self.scan = scan
        }
    }

    /// Where a round through a directory's logs stands.
    private struct Round {
        /// Logs that are still to be read, the next one last.
        var partitions: [PartitionKey]
        /// The next segment of that log.
        var offset = Offset.zero
    }

    /// A segment of a log.
    struct Place: Hashable {
        let key: PartitionKey
        let baseOffset: Offset
    }

    unowned let shard: Shard
    let metrics: ScrubMetrics
    private var rounds: [DirectoryID: Round] = [:]
    private var runs: [DirectoryID: Run] = [:]
    /// Places where readers met damage, which are looked at first.
    private var urgent: [Place] = []
    /// More than that wait for the next round.
    private static let urgentMax = 64
    private static let lookPause = Duration.seconds(1)
    private var isLookArmed = false
    /// Segments that could not be repaired: told already.
    var damaged: Set<Place> = []
    /// Segments whose batches are whole, and others than the leader's: told already.
    private var differing: Set<Place> = []

    init(shard: Shard) {
        self.shard = shard
        metrics = ScrubMetrics(registry: shard.node.metrics)
    }

    /// Begins a round now and then.
    func start() {
        let interval = shard.brokerSettings.duration("log.scrub.interval.ms")
        // Looked at again, for it may be switched on.
        let pause = interval > .zero ? interval : .hours(1)
        shard.loop.arm(at: shard.loop.now + pause) { [weak self] in
            guard let self, !self.shard.isClosed else { return }
            if interval > .zero { self.beginRounds() }
            self.start()
        }
    }

    private func beginRounds() {
        for directory in shard.storage.directories where rounds[directory.id] == nil {
            let keys = shard.partitionsInOrder.filter { $0.directory === directory }.map(\.key)
            rounds[directory.id] = Round(partitions: keys.reversed())
            // A place that a reader told of may be looked at just now.
            if runs[directory.id] == nil { goOn(in: directory) }
        }
    }

    /// Reads the segment that holds `range` before all others. Until then nobody is sent it.
    func look(at key: PartitionKey, _ range: Range<Offset>) {
        guard !shard.isClosed, let partition = shard.partitions[key] else { return }
        let place = Place(key: key, baseOffset: range.lowerBound)
        guard urgent.count < Self.urgentMax, !urgent.contains(place) else { return }
        partition.holeFound(
            Hole(from: range.lowerBound, to: range.upperBound, isSuspected: true))
        urgent.append(place)
        if runs[partition.directory.id] == nil { goOn(in: partition.directory) }
    }

    /// The next place in `directory` where a reader has met damage. What was written since the last checkpoint has to
    /// wait for the next.
    private func nextUrgent(in directory: LogDirectoryHandle) -> Run? {
        for place in urgent where shard.partitions[place.key]?.directory === directory {
            guard let partition = shard.partitions[place.key] else { continue }
            let (log, offset) = (partition.log, place.baseOffset)
            guard offset >= log.logStartOffset, offset < log.logEndOffset else {
                urgent.removeAll { $0 == place }
                partition.suspicionEnded(in: offset..<offset.next)
                continue
            }
            guard let scan = log.scan(at: offset, below: partition.highWatermark) else {
                closeSegment(of: partition, at: offset)
                lookAgain()
                continue
            }
            urgent.removeAll { $0 == place }
            return Run(partition, scan)
        }
        return nil
    }

    private func closeSegment(of partition: Partition, at offset: Offset) {
        guard !partition.isOffline, !partition.isHeld else { return }
        do throws(LogError) {
            try partition.log.close(segmentAt: offset, now: shard.loop.wallTime)
        } catch {
            partition.storageFailed(error)
        }
    }

    private func lookAgain() {
        guard !isLookArmed else { return }
        isLookArmed = true
        shard.loop.arm(at: shard.loop.now + Self.lookPause) { [weak self] in
            guard let self, !self.shard.isClosed else { return }
            self.isLookArmed = false
            // What is gone by now, with its partition, is nobody's any more.
            self.urgent.removeAll { self.shard.partitions[$0.key] == nil }
            for directory in self.shard.storage.directories
            where self.runs[directory.id] == nil {
                self.goOn(in: directory)
            }
        }
    }

    /// Takes the next segment of the round.
    func goOn(in directory: LogDirectoryHandle) {
        runs[directory.id] = nil
        guard !shard.isClosed, !directory.isOffline, !directory.isFull else {
            rounds[directory.id] = nil
            return
        }
        if let run = nextUrgent(in: directory) {
            runs[directory.id] = run
            return step(run)
        }
        while let round = rounds[directory.id], let key = round.partitions.last {
            if let partition = shard.partitions[key], !partition.isOffline,
                let scan = partition.log.scan(
                    from: round.offset, below: partition.highWatermark)
            {
                rounds[directory.id]?.offset = scan.nextOffset
                let run = Run(partition, scan)
                runs[directory.id] = run
                step(run)
                return
            }
            rounds[directory.id]?.partitions.removeLast()
            rounds[directory.id]?.offset = .zero
        }
        rounds[directory.id] = nil
    }

    // MARK: Reading

    private func step(_ run: Run) {
        let bound = LoopBound((self, run), on: shard.loop)
        let scan = run.scan
        run.partition.directory.background.perform {
            var read = scan
            let outcome: Result<SegmentScan.Progress, LogError>
            do throws(LogError) {
                outcome = .success(try read.step())
            } catch {
                outcome = .failure(error)
            }
            let (result, after) = (outcome, read)
            bound.post { scrubber, run in scrubber.stepped(run, after, result) }
        }
    }

    private func stepped(
        _ run: Run, _ scan: SegmentScan, _ outcome: Result<SegmentScan.Progress, LogError>
    ) {
        guard !shard.isClosed else { return }
        run.scan = scan
        switch outcome {
        case .success(.more(let bytes)): pause(run, after: bytes) { $0.step($1) }
        case .success(.whole(let bytes)):
            lookedAt(run)
            forget(run)
            pause(run, after: bytes) { $0.compare($1) }
        case .success(.gone):
            lookedAt(run)
            goOn(in: run.partition.directory)
        case .success(.damaged(let damage)): found(damage, run)
        case .failure(let error):
            // A disk that cannot read is not to be written either.
            run.partition.storageFailed(error)
            goOn(in: run.partition.directory)
        }
    }

    /// What readers have met there is known better now.
    func lookedAt(_ run: Run) {
        run.partition.suspicionEnded(in: run.scan.baseOffset..<run.scan.nextOffset)
    }

    /// Keeps to the rate of the whole node.
    private func pause(
        _ run: Run, after bytes: Int, _ next: @escaping (LogScrubber, Run) -> Void
    ) {
        metrics.read(bytes)
        let rate = shard.brokerSettings.number("log.scrub.io.max.bytes.per.second")
        let after = shard.node.scrubbingRate.spend(bytes, at: shard.loop.now, rate: rate)
        shard.loop.arm(at: after) { [weak self] in
            guard let self, !self.shard.isClosed else { return }
            next(self, run)
        }
    }

    // MARK: Comparing

    private func compare(_ run: Run) {
        let partition = run.partition
        // Each replica compacts for itself.
        guard case .follower(let leader) = partition.role, partition.settings.cleaning == nil,
            partition.log.cleanedUpTo <= run.scan.baseOffset
        else { return goOn(in: partition.directory) }
        let comparison = SegmentComparison(
            partition, run.scan, leader: leader, shard: shard
        ) { [weak self] outcome in
            self?.compared(run, with: leader, outcome)
        } pause: { [weak self] bytes, next in
            self?.pause(run, after: bytes) { _, _ in next() }
        }
        run.comparison = comparison
        comparison.step()
    }

    private func compared(
        _ run: Run, with leader: BrokerID, _ outcome: SegmentComparison.Outcome
    ) {
        run.comparison = nil
        switch outcome {
        case .same: differing.remove(place(of: run))
        case .unknown: break
        case .differs(let from, let end):
            guard run.partition.log.holds(run.scan) else { break }
            guard differing.insert(place(of: run)).inserted else { break }
            shard.node.log.error(
                "replicasDiffer",
                [
                    "partition": run.partition.name, "leader": leader.rawValue,
                    "from": from.rawValue, "below": end.rawValue,
                ])
        }
        metrics.differing(differing.count)
        goOn(in: run.partition.directory)
    }

    func place(of run: Run) -> Place {
        Place(key: run.partition.key, baseOffset: run.scan.baseOffset)
    }

    /// The segment is whole, again.
    func forget(_ run: Run) {
        guard damaged.remove(place(of: run)) != nil else { return }
        metrics.damaged(damaged.count)
    }
}
