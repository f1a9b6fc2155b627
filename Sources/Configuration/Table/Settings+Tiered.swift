extension Settings {
    /// Tiered storage.
    static let tiered: [Setting] = [
        .long(
            "log.local.retention.bytes", -2, valid: .atLeast(-2), update: .clusterWide,
            "Bytes of a tiered partition kept locally; -2 for as many as retention.bytes says."),
        .long(
            "log.local.retention.ms", -2, valid: .atLeast(-2), update: .clusterWide,
            "Age of a tiered partition's local data; -2 for as much as retention.ms says."),
        .long(
            "log.remote.copy.lag.bytes", -1, valid: .atLeast(-1), update: .clusterWide,
            "Bytes a segment may be behind before it must be tiered."),
        .long(
            "log.remote.copy.lag.ms", 0, valid: .atLeast(-1), update: .clusterWide,
            "How long a segment may wait before it must be tiered."),
        .int(
            "remote.fetch.max.wait.ms", 500, valid: .atLeast(1), update: .clusterWide,
            "How long a fetch may wait for tiered storage."),
        .long(
            "remote.list.offsets.request.timeout.ms", 30_000, valid: .atLeast(1),
            update: .clusterWide,
            "How long a look-up of offsets may wait for tiered storage."),
        .long(
            "remote.log.index.file.cache.total.size.bytes", 1_073_741_824, valid: .atLeast(1),
            update: .clusterWide,
            "Bytes of tiered indexes kept locally."),
        .long(
            "remote.log.index.file.cache.ttl.ms", 900_000, valid: .atLeast(-1), isInternal: true,
            "How long an unused tiered index is kept locally."),
        .int(
            "remote.log.manager.copier.thread.pool.size", 10, valid: .atLeast(1),
            update: .clusterWide,
            "Threads that copy segments to tiered storage."),
        .long(
            "remote.log.manager.copy.max.bytes.per.second", .max, valid: .atLeast(1),
            update: .clusterWide,
            "Bytes a second copied to tiered storage."),
        .int(
            "remote.log.manager.copy.quota.window.num", 11, valid: .atLeast(1),
            "Windows over which copying is measured."),
        .int(
            "remote.log.manager.copy.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Length of such a window."),
        .int(
            "remote.log.manager.expiration.thread.pool.size", 10, valid: .atLeast(1),
            update: .clusterWide,
            "Threads that delete old tiered segments."),
        .long(
            "remote.log.manager.fetch.max.bytes.per.second", .max, valid: .atLeast(1),
            update: .clusterWide,
            "Bytes a second read from tiered storage."),
        .int(
            "remote.log.manager.fetch.quota.window.num", 11, valid: .atLeast(1),
            "Windows over which reading is measured."),
        .int(
            "remote.log.manager.fetch.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Length of such a window."),
        .int(
            "remote.log.manager.follower.thread.pool.size", 2, valid: .atLeast(1),
            update: .clusterWide,
            "Threads for tiered work on followers."),
        .long(
            "remote.log.manager.task.interval.ms", 30_000, valid: .atLeast(1),
            "How often tiered work is looked for."),
        .long(
            "remote.log.manager.task.retry.backoff.max.ms", 30_000, valid: .atLeast(1),
            isInternal: true,
            "Most of the pause before failed tiered work is tried again."),
        .long(
            "remote.log.manager.task.retry.backoff.ms", 500, valid: .atLeast(1), isInternal: true,
            "Pause before failed tiered work is tried again."),
        .double(
            "remote.log.manager.task.retry.jitter", 0.2, valid: .fraction(0...0.5),
            isInternal: true,
            "Random part of that pause."),
        .int(
            "remote.log.manager.thread.pool.size", 2, valid: .atLeast(1),
            "Threads that plan tiered work."),
        .int(
            "remote.log.metadata.custom.metadata.max.bytes", 128, valid: .atLeast(0),
            "Largest note a storage plug-in may add to a segment."),
        .string(
            "remote.log.metadata.manager.class.name",
            "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
            valid: .notBlank,
            "Class that keeps the metadata of tiered segments."),
        .string("remote.log.metadata.manager.class.path", nil, "Where that class is."),
        .string(
            "remote.log.metadata.manager.impl.prefix", "rlmm.config.", valid: .notBlank,
            "What the names of that class's settings begin with."),
        .string(
            "remote.log.metadata.manager.listener.name", nil, valid: .notBlank,
            "Listener that it uses to reach brokers."),
        .int(
            "remote.log.reader.max.pending.tasks", 100, valid: .atLeast(1),
            "Reads from tiered storage that may wait."),
        .int(
            "remote.log.reader.threads", 10, valid: .atLeast(1), update: .clusterWide,
            "Threads that read from tiered storage."),
        .string(
            "remote.log.storage.manager.class.name", nil, valid: .notBlank,
            "Class that stores segments."),
        .string("remote.log.storage.manager.class.path", nil, "Where that class is."),
        .string(
            "remote.log.storage.manager.impl.prefix", "rsm.config.", valid: .notBlank,
            "What the names of that class's settings begin with."),
        .boolean(
            "remote.log.storage.system.enable", false, "Whether segments may be tiered at all."),
    ]
}
