package import Configuration
internal import Model

/// The settings of a broker that its group coordinators go by.
package struct GroupSettings: Equatable, Sendable {
    package var sessionMin = Duration.seconds(6)
    package var sessionMax = Duration.seconds(1800)
    package var initialDelay = Duration.seconds(3)
    package var sizeMax = Int(Int32.max)
    package var metadataMax = 4096
    package var offsetRetention = Duration.minutes(10_080)
    package var expiryInterval = Duration.seconds(600)
    package var consumer = ConsumerGroupSettings()

    package init() {}

    /// What `settings` say now.
    package init(_ settings: BrokerSettings) {
        sessionMin = settings.duration("group.min.session.timeout.ms")
        sessionMax = settings.duration("group.max.session.timeout.ms")
        initialDelay = settings.duration("group.initial.rebalance.delay.ms")
        sizeMax = settings.int("group.max.size")
        metadataMax = settings.int("offset.metadata.max.bytes")
        offsetRetention = settings.duration("offsets.retention.minutes")
        expiryInterval = settings.duration("offsets.retention.check.interval.ms")
        consumer = ConsumerGroupSettings(settings)
    }
}

/// Whether a group changes between the protocols while it has members (`group.consumer.migration.policy`).
package enum MigrationPolicy: String, Sendable {
    case bidirectional
    case upgrade
    case downgrade
    case disabled

    var allowsUpgrade: Bool { self == .bidirectional || self == .upgrade }
    var allowsDowngrade: Bool { self == .bidirectional || self == .downgrade }
}

/// What holds for groups of the consumer protocol (KIP-848).
package struct ConsumerGroupSettings: Equatable, Sendable {
    package var session = Duration.seconds(45)
    package var heartbeat = Duration.seconds(5)
    /// Between two targets of a group (KIP-1263).
    package var assignmentInterval = Duration.seconds(1)
    /// Whether large targets are made away from the loop (KIP-1263).
    package var offloads = true
    /// Members times partitions from which a target is large.
    package var offloadMin = 10_000
    /// What a group may set these to for itself; what it has set before counts as the nearest bound.
    package var sessionBounds = Duration.zero...Duration.hours(24)
    package var heartbeatBounds = Duration.zero...Duration.hours(24)
    package var assignmentBounds = Duration.zero...Duration.hours(24)
    package var sizeMax = Int(Int32.max)
    package var assignors = ["uniform", "range"]
    package var migration = MigrationPolicy.bidirectional
    package var isEnabled = true

    package init() {}

    init(_ settings: BrokerSettings) {
        session = settings.duration("group.consumer.session.timeout.ms")
        heartbeat = settings.duration("group.consumer.heartbeat.interval.ms")
        assignmentInterval = settings.duration("group.consumer.assignment.interval.ms")
        offloads = settings.flag("group.consumer.assignor.offload.enable")
        offloadMin = settings.int("group.consumer.assignor.offload.min.size")
        sessionBounds = Self.bounds("session.timeout.ms", settings)
        heartbeatBounds = Self.bounds("heartbeat.interval.ms", settings)
        assignmentBounds = Self.bounds("assignment.interval.ms", settings)
        sizeMax = settings.int("group.consumer.max.size")
        assignors = settings.list("group.consumer.assignors")
        let policy = settings.text("group.consumer.migration.policy")?.lowercased()
        migration = policy.flatMap(MigrationPolicy.init) ?? .bidirectional
        isEnabled = settings.list("group.coordinator.rebalance.protocols").contains("consumer")
    }

    private static func bounds(
        _ name: String, _ settings: BrokerSettings
    ) -> ClosedRange<Duration> {
        let least = settings.duration("group.consumer.min.\(name)")
        return least...max(least, settings.duration("group.consumer.max.\(name)"))
    }
}
