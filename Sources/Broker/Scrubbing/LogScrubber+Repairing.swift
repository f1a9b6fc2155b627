internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

/// What is done about damage: a hole is noted, a leader stands down if another is whole, the segment is written anew.
extension LogScrubber {
    func found(_ damage: SegmentScan.Damage, _ run: Run) {
        let partition = run.partition
        lookedAt(run)
        guard !partition.isOffline, partition.log.holds(run.scan) else {
            goOn(in: partition.directory)
            return
        }
        let isNews = damaged.insert(place(of: run)).inserted
        metrics.damaged(damaged.count)
        if isNews { tell("segmentDamaged", run, damage, damage.reason) }
        guard damage.isInRecords else { return repair(run, damage, isNews: isNews) }
        partition.holeFound(Hole(from: damage.offset, to: damage.end))
        guard partition.leader != nil, partition.handover == nil else {
            return repair(run, damage, isNews: isNews)
        }
        let handover = LeadershipHandover(partition, at: damage.offset, shard: shard) {
            [weak self] in self?.repair(run, damage, isNews: isNews)
        }
        partition.handover = handover
        handover.begin()
    }

    private func tell(
        _ event: StaticString, _ run: Run, _ damage: SegmentScan.Damage, _ cause: String
    ) {
        shard.node.log.error(
            "\(event)",
            [
                "partition": run.partition.name, "file": damage.path,
                "from": damage.offset.rawValue, "cause": cause,
            ])
    }

    private func repair(_ run: Run, _ damage: SegmentScan.Damage, isNews: Bool) {
        let partition = run.partition
        guard !shard.isClosed else { return }
        guard !partition.isOffline else { return ended(run, damage, .closed, isNews: isNews) }
        do throws(LogError) {
            let now = shard.loop.wallTime
            // A compaction that is under way finds it too; the next round sees.
            guard let job = try partition.log.beginRepair(run.scan, now: now) else {
                return ended(run, damage, .closed, isNews: isNews)
            }
            // At full speed: while there is a hole, the partition has one replica less.
            let repair = SegmentRepair(partition, job, shard: shard) { [weak self] outcome in
                self?.ended(run, damage, outcome, isNews: isNews)
            }
            run.repair = repair
            repair.step()
        } catch {
            ended(run, damage, .failed(error.description), isNews: isNews)
        }
    }

    private func ended(
        _ run: Run, _ damage: SegmentScan.Damage, _ outcome: SegmentRepair.Outcome, isNews: Bool
    ) {
        run.repair = nil
        let partition = run.partition
        switch outcome {
        case .repaired:
            forget(run)
            partition.holeFilled(at: damage.offset)
            metrics.repaired()
            shard.node.log.info(
                "segmentRepaired", ["partition": partition.name, "file": damage.path])
        case .failed(let cause):
            partition.holeIsLeft(at: damage.offset)
            if isNews { tell("segmentNotRepaired", run, damage, cause) }
        case .closed:
            if partition.log.holds(run.scan) {
                partition.holeIsLeft(at: damage.offset)
            } else {
                partition.holeFilled(at: damage.offset)
            }
        }
        goOn(in: partition.directory)
    }
}
