internal import Groups
internal import InternalRecords
internal import Model
internal import Telemetry

/// What the group coordinators of one loop count: cells that only this loop writes.
final class GroupMetrics {
    private let registry: Metrics
    private let rebalances: Counter
    private let commits: Counter
    private let deletions: Counter
    private let targets: Counter
    private let work: Gauge
    private let loadTime: Gauge
    private let classicGroups: Gauge
    private let consumerGroups: Gauge
    private let offsets: Gauge
    private let loading: Gauge
    private let active: Gauge
    private var states: [String: Gauge] = [:]
    private var longestLoad: Int64 = 0

    init(registry: Metrics) {
        self.registry = registry
        rebalances = registry.counter(Catalogue.groupRebalances)
        commits = registry.counter(Catalogue.offsetCommits)
        deletions = registry.counter(Catalogue.offsetDeletions)
        targets = registry.counter(Catalogue.groupTargetsOffloaded)
        work = registry.gauge(Catalogue.coordinatorWork)
        loadTime = registry.gauge(Catalogue.groupLoadTime)
        classicGroups = registry.gauge(Catalogue.groups, "classic")
        consumerGroups = registry.gauge(Catalogue.groups, "consumer")
        offsets = registry.gauge(Catalogue.groupOffsets)
        loading = registry.gauge(Catalogue.groupPartitions, "loading")
        active = registry.gauge(Catalogue.groupPartitions, "active")
    }

    func rebalanced() { rebalances.add() }

    func madeTarget() { targets.add() }

    func loaded(took: Duration) {
        longestLoad = max(longestLoad, took.inMilliseconds)
        loadTime.set(longestLoad)
    }

    func wrote(_ records: [GroupRecord]) {
        for record in records {
            guard case .offset(_, let value) = record else { continue }
            if value == nil { deletions.add() } else { commits.add() }
        }
    }

    /// Counts what there is, once a second.
    func count(_ coordinators: [GroupCoordinator], work: Int) {
        self.work.set(Int64(work))
        var classic: [String: Int] = [:]
        var consumer: [String: Int] = [:]
        var offsets = 0
        var loading = 0
        for coordinator in coordinators {
            let census = coordinator.mind.census
            classic.merge(census.classic, uniquingKeysWith: +)
            consumer.merge(census.consumer, uniquingKeysWith: +)
            offsets += census.offsets
            if coordinator.isLoading { loading += 1 }
        }
        self.offsets.set(Int64(offsets))
        self.loading.set(Int64(loading))
        active.set(Int64(coordinators.count - loading))
        classicGroups.set(Int64(classic.values.reduce(0, +)))
        consumerGroups.set(Int64(consumer.values.reduce(0, +)))
        set(Catalogue.classicGroupStates, classic, Self.classicStates)
        set(Catalogue.consumerGroupStates, consumer, Self.consumerStates)
    }

    private static let classicStates = [
        "Empty", "PreparingRebalance", "CompletingRebalance", "Stable",
    ]
    private static let consumerStates = ["Empty", "Assigning", "Reconciling", "Stable"]

    private func set(_ metric: MetricDefinition, _ counts: [String: Int], _ states: [String]) {
        for state in states {
            let name = metric.name + state
            let gauge = self.states[name] ?? registry.gauge(metric, state)
            self.states[name] = gauge
            gauge.set(Int64(counts[state] ?? 0))
        }
    }
}
