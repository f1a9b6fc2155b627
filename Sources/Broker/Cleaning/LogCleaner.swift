internal import Configuration
internal import LogStorage
internal import Model
internal import Ports
internal import Telemetry

/// Compacts the logs of one loop: finds the one most in need, has it done by its directory's background thread
/// in steps of a megabyte, and puts the results in place. Lives on the loop.
///
/// In each directory one log of the loop is compacted at a time; when it is done the next is looked for at
/// once, and when none is in need after `log.cleaner.backoff.ms`.
final class LogCleaner {
    /// One log under way.
    private final class Run {
        let partition: Partition
        /// Where the log lies that is compacted; the partition may move on.
        let directory: LogDirectoryHandle
        private let log: PartitionLog
        let job: CleaningJob
        let need: Dirtiness
        let began: Instant

        init(_ partition: Partition, _ job: CleaningJob, _ need: Dirtiness, now: Instant) {
            self.partition = partition
            directory = partition.directory
            log = partition.log
            self.job = job
            self.need = need
            began = now
        }

        /// The log is still the partition's. If not, its files went away under the job, which says
        /// nothing of the disk.
        var isCurrent: Bool { !partition.isOffline && partition.log === log }
    }

    private static let backoffMin = Duration.milliseconds(10)

    private unowned let shard: Shard
    private let metrics: CleanerMetrics
    private var runs: [DirectoryID: Run] = [:]
    /// Logs in which a batch is damaged: they are not tried again before a restart.
    private var uncleanable: Set<PartitionKey> = []

    init(shard: Shard) {
        self.shard = shard
        metrics = CleanerMetrics(registry: shard.node.metrics)
    }

    func start() {
        guard shard.node.configuration.settings.flag("log.cleaner.enable") else { return }
        let pause = max(
            shard.brokerSettings.duration("log.cleaner.backoff.ms"), Self.backoffMin)
        shard.loop.arm(at: shard.loop.now + pause) { [weak self] in
            guard let self, !self.shard.isClosed else { return }
            for directory in self.shard.storage.directories { self.look(in: directory) }
            self.start()
        }
    }

    // MARK: Finding one

    private func look(in directory: LogDirectoryHandle) {
        guard runs[directory.id] == nil, !shard.isClosed else { return }
        guard !directory.isOffline, !directory.isFull else { return }
        var best: (partition: Partition, need: Dirtiness)?
        var (dirtiest, longest) = (0.0, Duration.zero)
        for partition in shard.partitionsInOrder where partition.directory === directory {
            guard let need = need(of: partition) else { continue }
            dirtiest = max(dirtiest, need.ratio)
            longest = max(longest, need.overdue)
            guard let rules = partition.settings.cleaning, need.isDue(rules) else { continue }
            if let known = best?.need, !Self.isMoreUrgent(need, than: known) { continue }
            best = (partition, need)
        }
        metrics.looked(dirtiest: dirtiest, longest: longest, uncleanable: uncleanable.count)
        if let best { begin(best.partition, best.need) }
    }

    /// What has waited too long goes first, then what is dirtiest.
    private static func isMoreUrgent(_ a: Dirtiness, than b: Dirtiness) -> Bool {
        (a.overdue, a.ratio) > (b.overdue, b.ratio)
    }

    private func need(of partition: Partition) -> Dirtiness? {
        guard let rules = partition.settings.cleaning, partition.role != .idle else { return nil }
        guard !partition.log.isCleaning, !uncleanable.contains(partition.key) else { return nil }
        do throws(LogError) {
            let log = partition.log
            return try log.dirtiness(
                rules,
                lastStableOffset: log.lastStableOffset(highWatermark: partition.highWatermark),
                now: shard.loop.wallTime)
        } catch {
            failed(partition, error)
            return nil
        }
    }

    private func begin(_ partition: Partition, _ need: Dirtiness) {
        guard let rules = partition.settings.cleaning else { return }
        let settings = shard.brokerSettings
        let entropy = shard.node.world.entropy
        // Every loop may have one under way in every directory.
        let share = shard.peers.count * shard.storage.directories.count
        let means = CleaningMeans(
            mapBytes: settings.int("log.cleaner.dedupe.buffer.size") / max(share, 1),
            loadFactor: settings.number("log.cleaner.io.buffer.load.factor"),
            secret: (entropy.next(), entropy.next()))
        do throws(LogError) {
            let job = try partition.log.beginCleaning(
                need, rules, means, now: shard.loop.wallTime)
            let run = Run(partition, job, need, now: shard.loop.now)
            runs[partition.directory.id] = run
            step(run)
        } catch {
            failed(partition, error)
        }
    }

    // MARK: Doing it

    private func step(_ run: Run) {
        let job = run.job
        let bound = LoopBound((self, run), on: shard.loop)
        run.directory.background.perform {
            let outcome: Result<CleaningJob.Progress, LogError>
            do throws(LogError) {
                outcome = .success(try job.step())
            } catch {
                outcome = .failure(error)
            }
            let result = outcome
            bound.post { cleaner, run in cleaner.stepped(run, result) }
        }
    }

    private func stepped(_ run: Run, _ outcome: Result<CleaningJob.Progress, LogError>) {
        guard !shard.isClosed else { return }
        switch outcome {
        case .success(.more(let bytes)): goOn(run, after: bytes)
        case .success(.ready(let group, let bytes)):
            guard adopt(group, run) else { return }
            goOn(run, after: bytes)
        case .success(.done(let outcome)): finish(run, outcome)
        case .success(.wants): preconditionFailure("a compaction wants nothing of other replicas")
        case .success(.closed): end(run)
        case .failure(let error):
            let isCurrent = run.isCurrent
            end(run)
            if isCurrent { failed(run.partition, error) }
        }
    }

    private func goOn(_ run: Run, after bytes: Int) {
        guard !run.partition.isOffline, !run.directory.isOffline else {
            end(run)
            return
        }
        let rate = shard.brokerSettings.number("log.cleaner.io.max.bytes.per.second")
        let next = shard.node.cleaningRate.spend(bytes, at: shard.loop.now, rate: rate)
        guard next > shard.loop.now else {
            step(run)
            return
        }
        shard.loop.arm(at: next) { [weak self] in
            guard let self, !self.shard.isClosed else { return }
            self.step(run)
        }
    }

    private func adopt(_ group: CleanedGroup, _ run: Run) -> Bool {
        let partition = run.partition
        guard !partition.isOffline else {
            end(run)
            return false
        }
        do throws(LogError) {
            let removal = try partition.log.adopt(group, of: run.job, now: shard.loop.wallTime)
            guard let removal else {
                end(run)
                return false
            }
            shard.remove(removal, of: partition)
            return true
        } catch {
            end(run)
            partition.storageFailed(error)
            return false
        }
    }

    private func finish(_ run: Run, _ outcome: CleaningOutcome) {
        let partition = run.partition
        partition.log.cleaningEnded(run.job, outcome)
        runs[run.directory.id] = nil
        let took = shard.loop.now - run.began
        metrics.cleaned(outcome, took: took, at: shard.loop.now)
        shard.node.log.info(
            "logCompacted",
            [
                "partition": partition.name, "from": run.need.firstDirty.rawValue,
                "upTo": outcome.cleanedUpTo.rawValue, "keys": outcome.keys,
                "bytesRead": outcome.bytesRead, "bytesWritten": outcome.bytesWritten,
                "milliseconds": took.inMilliseconds,
            ])
        shard.cluster?.run { $0.checkpointsWanted?() }
        look(in: run.directory)
    }

    /// It does not go on; what it has written is removed.
    private func end(_ run: Run) {
        do throws(LogError) {
            try run.partition.log.cleaningFailed(run.job)
        } catch {
            run.partition.storageFailed(error)
        }
        runs[run.directory.id] = nil
        let (job, log) = (run.job, shard.node.log)
        let path = run.directory.path
        run.directory.background.perform {
            do throws(LogError) {
                try job.discard()
            } catch {
                // The next start sweeps it.
                log.warn("compactionNotRemoved", ["directory": path, "cause": error])
            }
        }
    }

    private func failed(_ partition: Partition, _ error: LogError) {
        switch error {
        case .closed: break
        case .file where error.isNoSpace:
            // What it had written is given back; it is tried again when there is room.
            shard.node.log.write(
                .warn, "logNotCompacted", peer: partition.name.description, ["cause": error])
        case .file: partition.storageFailed(error)
        default:
            uncleanable.insert(partition.key)
            shard.node.log.error(
                "logNotCompacted", ["partition": partition.name, "cause": error])
        }
    }
}

/// What the cleaner of one loop tells.
struct CleanerMetrics {
    private let dirtiest: Gauge
    private let longest: Gauge
    private let uncleanable: Gauge
    private let recopied: Gauge
    private let slowest: Gauge
    private let runs: Histogram
    private let read: Counter
    private let written: Counter

    init(registry: Metrics) {
        dirtiest = registry.gauge(Catalogue.maxDirtyPercent)
        longest = registry.gauge(Catalogue.maxCompactionDelay)
        uncleanable = registry.gauge(Catalogue.uncleanablePartitions)
        recopied = registry.gauge(Catalogue.cleanerRecopyPercent)
        slowest = registry.gauge(Catalogue.maxCleanTime)
        runs = registry.histogram(Catalogue.cleanings)
        read = registry.counter(Catalogue.cleanerBytes, "read")
        written = registry.counter(Catalogue.cleanerBytes, "written")
    }

    func looked(dirtiest ratio: Double, longest delay: Duration, uncleanable count: Int) {
        dirtiest.set(Int64(ratio * 100))
        longest.set(delay.inMilliseconds / 1000)
        uncleanable.set(Int64(count))
    }

    func cleaned(_ outcome: CleaningOutcome, took: Duration, at now: Instant) {
        runs.record(took, at: now)
        slowest.set(took.inMilliseconds / 1000)
        read.add(Int64(outcome.bytesRead))
        written.add(Int64(outcome.bytesWritten))
        recopied.set(Int64(outcome.bytesWritten * 100 / max(outcome.bytesRead, 1)))
    }
}
