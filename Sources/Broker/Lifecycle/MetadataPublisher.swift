internal import Configuration
internal import InternalRecords
internal import Metadata
internal import Model
internal import Ports
internal import Telemetry

/// Replays committed metadata for the broker's role and publishes each new image to the loops. Lives on the
/// metadata loop.
///
/// What is committed in one turn is published once. Every loop says when it has taken up an image; the lowest
/// of their offsets is what this broker has applied, and is told with heartbeats.
final class MetadataPublisher {
    private let node: Node
    private let loop: any Loop
    private let shards: [LoopBound<Shard>]
    private var replay = MetadataReplay()
    /// Up to where records were replayed, those of an open transaction included.
    private(set) var replayedOffset = Offset.none
    private var applied: [Offset]
    private var isArmed = false
    /// What must be replayed before the loops are shown anything.
    private var gate: Gate
    private enum Gate {
        /// The broker is not registered yet.
        case closed
        /// Closed below the broker's registration.
        case opensAt(Offset)
        case open
    }
    /// Called when all loops have applied more.
    var appliedMore: (() -> Void)?
    private let lastOffset: Gauge
    private let lastTimestamp: Gauge
    private let failures: Counter

    init(node: Node, shards: [LoopBound<Shard>]) {
        self.node = node
        self.shards = shards
        loop = node.world.metadataLoop
        applied = Array(repeating: .none, count: shards.count)
        gate = node.configuration.isBroker ? .closed : .open
        lastOffset = node.metrics.gauge(Catalogue.brokerMetadataOffset)
        lastTimestamp = node.metrics.gauge(Catalogue.brokerMetadataTimestamp)
        failures = node.metrics.counter(Catalogue.metadataApplyErrors)
    }

    /// The newest image, which loops may not have taken up yet.
    var image: MetadataImage { replay.published }

    /// What a snapshot may be made of; nil in the middle of a metadata transaction.
    var snapshotImage: MetadataImage? { replay.isInTransaction ? nil : replay.latest }

    /// What every loop has taken up.
    var appliedOffset: Offset { applied.min() ?? .none }

    /// Records were committed, up to `position`.
    func committed(_ records: [MetadataRecord], endingAt position: MetadataPosition) {
        do throws(ReplayError) {
            try replay.replay(records, endingAt: position)
        } catch {
            // The controllers replayed the same records: going on would mean another state than theirs.
            failures.add()
            node.log.error(
                "metadataReplayFailed",
                ["offset": position.lastOffset.rawValue, "cause": "\(error)"])
            preconditionFailure("metadata at \(position.lastOffset.rawValue): \(error)")
        }
        replayedOffset = position.lastOffset
        arm()
    }

    /// A snapshot replaces everything known before.
    func loaded(_ records: [MetadataRecord], endingAt position: MetadataPosition) {
        replay = MetadataReplay()
        for shard in shards { shard.post { $0.mustReconcile = true } }
        committed(records, endingAt: position)
    }

    /// The broker is registered: from that point on the metadata is of the present.
    ///
    /// The loops see nothing before. A state of the past would have them lead in epochs long gone, which their
    /// logs must not take down, and delete replicas that were made later.
    func registered(at epoch: BrokerEpoch) {
        guard case .closed = gate else { return }
        gate = .opensAt(Offset(epoch.rawValue))
        arm()
    }

    private var isOpen: Bool {
        switch gate {
        case .closed: return false
        case .open: return true
        case .opensAt(let offset):
            guard replay.published.position.lastOffset >= offset else { return false }
            gate = .open
            return true
        }
    }

    private func arm() {
        guard !isArmed else { return }
        isArmed = true
        loop.atEndOfTurn { [weak self] in self?.publish() }
    }

    private func publish() {
        isArmed = false
        guard isOpen else { return }
        let (image, delta) = replay.take()
        lastOffset.set(image.position.lastOffset.rawValue)
        lastTimestamp.set(image.position.timestamp.rawValue)
        let me = LoopBound(self, on: loop)
        for (index, shard) in shards.enumerated() {
            shard.post { shard in
                shard.apply(image, delta)
                me.run { $0.applied(image.position.lastOffset, by: index) }
            }
        }
    }

    private func applied(_ offset: Offset, by shard: Int) {
        let before = appliedOffset
        applied[shard] = offset
        if appliedOffset > before { appliedMore?() }
    }
}
