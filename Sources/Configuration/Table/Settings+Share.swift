extension Settings {
    /// Share groups on the broker.
    static let share: [Setting] = [
        .int(
            "group.share.delivery.count.limit", 5, valid: .within(2...10),
            "Group share delivery count limit."),
        .string(
            "group.share.dlq.manager.class.name",
            "org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager", isInternal: true,
            "Group share dlq manager class name."),
        .int(
            "group.share.max.delivery.count.limit", 10, valid: .within(5...25),
            "Group share max delivery count limit."),
        .int(
            "group.share.max.partition.max.record.locks", 4000, valid: .within(2000...10_000),
            "Group share max partition max record locks."),
        .int(
            "group.share.max.record.lock.duration.ms", 60_000, valid: .within(30_000...3_600_000),
            "Group share max record lock duration in milliseconds."),
        .int(
            "group.share.max.share.sessions", 2000, valid: .atLeast(1),
            "Group share max share sessions."),
        .int(
            "group.share.min.delivery.count.limit", 2, valid: .within(2...5),
            "Group share min delivery count limit."),
        .int(
            "group.share.min.partition.max.record.locks", 100, valid: .within(100...2000),
            "Group share min partition max record locks."),
        .int(
            "group.share.min.record.lock.duration.ms", 15_000, valid: .within(1000...30_000),
            "Group share min record lock duration in milliseconds."),
        .int(
            "group.share.partition.max.record.locks", 2000, valid: .within(100...10_000),
            "Group share partition max record locks."),
        .string(
            "group.share.persister.class.name",
            "org.apache.kafka.server.share.persister.DefaultStatePersister", isInternal: true,
            "Group share persister class name."),
        .int(
            "group.share.record.lock.duration.ms", 30_000, valid: .within(1000...3_600_000),
            "Group share record lock duration in milliseconds."),
        .int(
            "share.coordinator.append.linger.ms", -1, valid: .atLeast(-1),
            "Share coordinator append linger in milliseconds."),
        .int(
            "share.coordinator.cached.buffer.max.bytes", 1_048_588, valid: .atLeast(524_288),
            update: .clusterWide,
            "Share coordinator cached buffer max bytes."),
        .int(
            "share.coordinator.cold.partition.snapshot.interval.ms", 300_000, valid: .atLeast(1),
            isInternal: true,
            "Share coordinator cold partition snapshot interval in milliseconds."),
        .int(
            "share.coordinator.load.buffer.size", 5_242_880, valid: .atLeast(1),
            "Share coordinator load buffer size."),
        .int(
            "share.coordinator.snapshot.update.records.per.snapshot", 500, valid: .within(0...500),
            "Share coordinator snapshot update records per snapshot."),
        .int(
            "share.coordinator.state.topic.compression.codec", 0,
            "Share coordinator state topic compression codec."),
        .short(
            "share.coordinator.state.topic.min.isr", 2, valid: .atLeast(1),
            "Share coordinator state topic min isr."),
        .int(
            "share.coordinator.state.topic.num.partitions", 50, valid: .atLeast(1),
            "Share coordinator state topic num partitions."),
        .int(
            "share.coordinator.state.topic.prune.interval.ms", 300_000, valid: .atLeast(1),
            isInternal: true,
            "Share coordinator state topic prune interval in milliseconds."),
        .short(
            "share.coordinator.state.topic.replication.factor", 3, valid: .atLeast(1),
            "Share coordinator state topic replication factor."),
        .int(
            "share.coordinator.state.topic.segment.bytes", 104_857_600, valid: .atLeast(1),
            "Share coordinator state topic segment bytes."),
        .int("share.coordinator.threads", 1, valid: .atLeast(1), "Share coordinator threads."),
        .int(
            "share.coordinator.write.timeout.ms", 5000, valid: .atLeast(1),
            "Share coordinator write timeout in milliseconds."),
        .int(
            "share.fetch.purgatory.purge.interval.requests", 1000,
            "Share fetch purgatory purge interval requests."),
    ]
}
