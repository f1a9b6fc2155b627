internal import LogStorage
internal import Model
internal import ProducerState
internal import Replication
internal import Telemetry

/// What one loop's partitions amount to: counted once a second, so that it costs nothing where records move.
final class PartitionGauges {
    static let interval = Duration.seconds(1)

    private let partitions: Gauge
    private let leaders: Gauge
    private let underReplicated: Gauge
    private let underMinISR: Gauge
    private let atMinISR: Gauge
    private let offline: Gauge
    private let offlineDirectories: Gauge
    private let producers: Gauge
    private let lag: Gauge
    private let requestBytes: Gauge
    private let requestBytesLeft: Gauge

    init(registry: Metrics) {
        partitions = registry.gauge(Catalogue.partitions)
        leaders = registry.gauge(Catalogue.leaders)
        underReplicated = registry.gauge(Catalogue.underReplicated)
        underMinISR = registry.gauge(Catalogue.underMinISR)
        atMinISR = registry.gauge(Catalogue.atMinISR)
        offline = registry.gauge(Catalogue.offlineReplicas)
        offlineDirectories = registry.gauge(Catalogue.offlineDirectories)
        producers = registry.gauge(Catalogue.producerIDs)
        lag = registry.gauge(Catalogue.fetcherMaxLag, "Replica")
        requestBytes = registry.gauge(Catalogue.memoryPoolUsed)
        requestBytesLeft = registry.gauge(Catalogue.memoryPoolAvailable)
    }

    func count(_ shard: Shard) {
        var counts = Counts()
        for partition in shard.partitions.values { counts.add(partition) }
        partitions.set(Int64(shard.partitions.count))
        leaders.set(counts.leaders)
        underReplicated.set(counts.underReplicated)
        underMinISR.set(counts.underMinISR)
        atMinISR.set(counts.atMinISR)
        offline.set(counts.offline)
        producers.set(counts.producers)
        lag.set(shard.fetchers.values.map(\.maxLag).max() ?? 0)
        if shard.index == 0 {
            // One loop tells for the node.
            let budget = shard.node.requestBudget
            let used = budget.used
            requestBytes.set(Int64(used))
            let failed = shard.storage.directories.filter(\.isOffline)
            offlineDirectories.set(Int64(failed.count))
            requestBytesLeft.set(Int64(max(0, budget.limit - used)))
        }
        shard.metrics.sessionPartitions.set(Int64(shard.sessions.partitionCount))
    }

    private struct Counts {
        var leaders: Int64 = 0
        var underReplicated: Int64 = 0
        var underMinISR: Int64 = 0
        var atMinISR: Int64 = 0
        var offline: Int64 = 0
        var producers: Int64 = 0

        mutating func add(_ partition: Partition) {
            if partition.isOffline { offline += 1 }
            producers += Int64(partition.log.producers?.count ?? 0)
            guard let leader = partition.leader else { return }
            let inSync = leader.inSyncReplicas.count
            leaders += 1
            if inSync < leader.replicas.count { underReplicated += 1 }
            if inSync < leader.effectiveMinInSync { underMinISR += 1 }
            if inSync == leader.effectiveMinInSync { atMinISR += 1 }
        }
    }
}
