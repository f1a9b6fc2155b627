extension Settings {
    /// Share groups on the broker.
    static let share: [Setting] = [
        .int(
            "group.share.delivery.count.limit", 5, valid: .within(2...10),
            "Deliveries of a record before it is given up."),
        .string(
            "group.share.dlq.manager.class.name",
            "org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager", isInternal: true,
            "Class that writes to dead-letter topics."),
        .int(
            "group.share.max.delivery.count.limit", 10, valid: .within(5...25),
            "Most that a group may set as share.delivery.count.limit."),
        .int(
            "group.share.max.partition.max.record.locks", 4000, valid: .within(2000...10_000),
            "Most that a group may set as share.partition.max.record.locks."),
        .int(
            "group.share.max.record.lock.duration.ms", 60_000, valid: .within(30_000...3_600_000),
            "Most that a group may set as share.record.lock.duration.ms."),
        .int(
            "group.share.max.share.sessions", 2000, valid: .atLeast(1),
            "Share sessions kept at once."),
        .int(
            "group.share.min.delivery.count.limit", 2, valid: .within(2...5),
            "Least that a group may set as share.delivery.count.limit."),
        .int(
            "group.share.min.partition.max.record.locks", 100, valid: .within(100...2000),
            "Least that a group may set as share.partition.max.record.locks."),
        .int(
            "group.share.min.record.lock.duration.ms", 15_000, valid: .within(1000...30_000),
            "Least that a group may set as share.record.lock.duration.ms."),
        .int(
            "group.share.partition.max.record.locks", 2000, valid: .within(100...10_000),
            "Records of a partition that may be in delivery."),
        .string(
            "group.share.persister.class.name",
            "org.apache.kafka.server.share.persister.DefaultStatePersister", isInternal: true,
            "Class that keeps the state of share groups."),
        .int(
            "group.share.record.lock.duration.ms", 30_000, valid: .within(1000...3_600_000),
            "A record not acknowledged for so long is delivered anew."),
        .int(
            "share.coordinator.append.linger.ms", -1, valid: .atLeast(-1),
            "How long a share coordinator gathers records before one append; -1 lets it decide."),
        .int(
            "share.coordinator.cached.buffer.max.bytes", 1_048_588, valid: .atLeast(524_288),
            update: .clusterWide,
            "Largest buffer a share coordinator keeps for the next append."),
        .int(
            "share.coordinator.cold.partition.snapshot.interval.ms", 300_000, valid: .atLeast(1),
            isInternal: true,
            "How often idle share partitions are written down whole."),
        .int(
            "share.coordinator.load.buffer.size", 5_242_880, valid: .atLeast(1),
            "Bytes read at once when share state is loaded."),
        .int(
            "share.coordinator.snapshot.update.records.per.snapshot", 500, valid: .within(0...500),
            "Updates of a share partition before it is written down whole."),
        .int(
            "share.coordinator.state.topic.compression.codec", 0,
            "Codec of the share state topic, by number; 0 for none."),
        .short(
            "share.coordinator.state.topic.min.isr", 2, valid: .atLeast(1),
            "min.insync.replicas of the share state topic."),
        .int(
            "share.coordinator.state.topic.num.partitions", 50, valid: .atLeast(1),
            "Partitions of the share state topic."),
        .int(
            "share.coordinator.state.topic.prune.interval.ms", 300_000, valid: .atLeast(1),
            isInternal: true,
            "How often the share state topic is cut."),
        .short(
            "share.coordinator.state.topic.replication.factor", 3, valid: .atLeast(1),
            "Replicas of the share state topic."),
        .int(
            "share.coordinator.state.topic.segment.bytes", 104_857_600, valid: .atLeast(1),
            "Size of a segment of the share state topic."),
        .int(
            "share.coordinator.threads", 1, valid: .atLeast(1), "Threads of the share coordinator."),
        .int(
            "share.coordinator.write.timeout.ms", 5000, valid: .atLeast(1),
            "How long a write of share state may wait for its replicas."),
        .int(
            "share.fetch.purgatory.purge.interval.requests", 1000,
            "Requests between two clean-ups of parked share fetches."),
    ]
}
