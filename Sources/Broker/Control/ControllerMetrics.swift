internal import Controller
internal import InternalRecords
internal import Metadata
internal import Model
internal import Ports
internal import Telemetry

/// What a controller tells of itself, active or standing by. Written by the metadata loop.
final class ControllerMetrics {
    /// Counting partitions walks all of them, so it is done at most so often.
    static let countInterval = Duration.seconds(1)

    private let loop: any Loop
    private let isActive: Gauge
    private let activeBrokers: Gauge
    private let fencedBrokers: Gauge
    private let topics: Gauge
    private let partitions: Gauge
    private let offline: Gauge
    private let imbalance: Gauge
    private let errors: Gauge
    private let applied: Gauge
    private let committed: Gauge
    private let timestamp: Gauge
    private let lag: Gauge
    private let timedOutHeartbeats: Gauge
    private let newControllers: Gauge
    private let started: Gauge
    private let timedOut: Gauge
    private let unclean: Counter
    private var image: MetadataImage?

    init(_ registry: Metrics, loop: any Loop) {
        self.loop = loop
        isActive = registry.gauge(Catalogue.activeControllerCount)
        activeBrokers = registry.gauge(Catalogue.activeBrokers)
        fencedBrokers = registry.gauge(Catalogue.fencedBrokers)
        topics = registry.gauge(Catalogue.globalTopics)
        partitions = registry.gauge(Catalogue.globalPartitions)
        offline = registry.gauge(Catalogue.offlinePartitions)
        imbalance = registry.gauge(Catalogue.preferredReplicaImbalance)
        errors = registry.gauge(Catalogue.metadataErrors)
        applied = registry.gauge(Catalogue.lastAppliedRecordOffset)
        committed = registry.gauge(Catalogue.lastCommittedRecordOffset)
        timestamp = registry.gauge(Catalogue.lastAppliedRecordTimestamp)
        lag = registry.gauge(Catalogue.lastAppliedRecordLag)
        timedOutHeartbeats = registry.gauge(Catalogue.timedOutHeartbeats)
        newControllers = registry.gauge(Catalogue.newActiveControllers)
        started = registry.gauge(Catalogue.controllerEventsStarted)
        timedOut = registry.gauge(Catalogue.controllerEventsTimedOut)
        unclean = registry.counter(Catalogue.uncleanElections)
        errors.set(0)
    }

    func activityChanged(_ controller: Controller) { isActive.set(controller.isActive ? 1 : 0) }
    func leadershipChanged(to leader: BrokerID?) { if leader != nil { newControllers.add(1) } }
    func operationBegan() { started.add(1) }
    func operationTimedOut() { timedOut.add(1) }
    func heartbeatTimedOut() { timedOutHeartbeats.add(1) }

    /// The active controller wrote records.
    func decided(_ records: [MetadataRecord], _ controller: Controller) {
        for record in records {
            guard case .partitionChange(let change) = record else { continue }
            let isUnclean = change.leaderRecoveryState == LeaderRecoveryState.recovering.rawValue
            if isUnclean, change.leader >= 0 { unclean.add() }
        }
        applied.set(controller.image.position.lastOffset.rawValue)
    }

    /// A batch was committed.
    func committed(_ records: [MetadataRecord], _ controller: Controller) {
        let position = controller.committedImage.position
        committed.set(position.lastOffset.rawValue)
        applied.set(controller.image.position.lastOffset.rawValue)
        timestamp.set(position.timestamp.rawValue)
        let age = loop.wallTime.rawValue - position.timestamp.rawValue
        lag.set(controller.isActive ? 0 : max(age, 0))
        guard !records.isEmpty else { return }
        let isFirst = image == nil
        image = controller.committedImage
        guard isFirst else { return }
        loop.arm(at: loop.now + Self.countInterval) { [weak self] in self?.count() }
    }

    private func count() {
        guard let image else { return }
        self.image = nil
        var active: Int64 = 0
        var fenced: Int64 = 0
        for broker in image.allBrokers {
            if broker.isFenced { fenced += 1 } else { active += 1 }
        }
        var all: Int64 = 0
        var leaderless: Int64 = 0
        var unpreferred: Int64 = 0
        image.forEachPartition { _, _, partition in
            all += 1
            if partition.leader == nil { leaderless += 1 }
            if partition.leader != partition.preferredLeader { unpreferred += 1 }
        }
        activeBrokers.set(active)
        fencedBrokers.set(fenced)
        topics.set(Int64(image.topicCount))
        partitions.set(all)
        offline.set(leaderless)
        imbalance.set(unpreferred)
    }
}
