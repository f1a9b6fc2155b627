extension Settings {
    /// Tiered storage.
    static let tiered: [Setting] = [
        .long(
            "log.local.retention.bytes", -2, valid: .atLeast(-2), update: .clusterWide,
            "Log local retention bytes."),
        .long(
            "log.local.retention.ms", -2, valid: .atLeast(-2), update: .clusterWide,
            "Log local retention in milliseconds."),
        .long(
            "log.remote.copy.lag.bytes", -1, valid: .atLeast(-1), update: .clusterWide,
            "Log remote copy lag bytes."),
        .long(
            "log.remote.copy.lag.ms", 0, valid: .atLeast(-1), update: .clusterWide,
            "Log remote copy lag in milliseconds."),
        .int(
            "remote.fetch.max.wait.ms", 500, valid: .atLeast(1), update: .clusterWide,
            "Remote fetch max wait in milliseconds."),
        .long(
            "remote.list.offsets.request.timeout.ms", 30_000, valid: .atLeast(1),
            update: .clusterWide,
            "Remote list offsets request timeout in milliseconds."),
        .long(
            "remote.log.index.file.cache.total.size.bytes", 1_073_741_824, valid: .atLeast(1),
            update: .clusterWide,
            "Remote log index file cache total size bytes."),
        .long(
            "remote.log.index.file.cache.ttl.ms", 900_000, valid: .atLeast(-1), isInternal: true,
            "Remote log index file cache ttl in milliseconds."),
        .int(
            "remote.log.manager.copier.thread.pool.size", 10, valid: .atLeast(1),
            update: .clusterWide,
            "Remote log manager copier thread pool size."),
        .long(
            "remote.log.manager.copy.max.bytes.per.second", .max, valid: .atLeast(1),
            update: .clusterWide,
            "Remote log manager copy max bytes per second."),
        .int(
            "remote.log.manager.copy.quota.window.num", 11, valid: .atLeast(1),
            "Remote log manager copy quota window num."),
        .int(
            "remote.log.manager.copy.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Remote log manager copy quota window size seconds."),
        .int(
            "remote.log.manager.expiration.thread.pool.size", 10, valid: .atLeast(1),
            update: .clusterWide,
            "Remote log manager expiration thread pool size."),
        .long(
            "remote.log.manager.fetch.max.bytes.per.second", .max, valid: .atLeast(1),
            update: .clusterWide,
            "Remote log manager fetch max bytes per second."),
        .int(
            "remote.log.manager.fetch.quota.window.num", 11, valid: .atLeast(1),
            "Remote log manager fetch quota window num."),
        .int(
            "remote.log.manager.fetch.quota.window.size.seconds", 1, valid: .atLeast(1),
            "Remote log manager fetch quota window size seconds."),
        .int(
            "remote.log.manager.follower.thread.pool.size", 2, valid: .atLeast(1),
            update: .clusterWide,
            "Remote log manager follower thread pool size."),
        .long(
            "remote.log.manager.task.interval.ms", 30_000, valid: .atLeast(1),
            "Remote log manager task interval in milliseconds."),
        .long(
            "remote.log.manager.task.retry.backoff.max.ms", 30_000, valid: .atLeast(1),
            isInternal: true,
            "Remote log manager task retry backoff max in milliseconds."),
        .long(
            "remote.log.manager.task.retry.backoff.ms", 500, valid: .atLeast(1), isInternal: true,
            "Remote log manager task retry backoff in milliseconds."),
        .double(
            "remote.log.manager.task.retry.jitter", 0.2, valid: .fraction(0...0.5),
            isInternal: true,
            "Remote log manager task retry jitter."),
        .int(
            "remote.log.manager.thread.pool.size", 2, valid: .atLeast(1),
            "Remote log manager thread pool size."),
        .int(
            "remote.log.metadata.custom.metadata.max.bytes", 128, valid: .atLeast(0),
            "Remote log metadata custom metadata max bytes."),
        .string(
            "remote.log.metadata.manager.class.name",
            "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
            valid: .notBlank,
            "Remote log metadata manager class name."),
        .string(
            "remote.log.metadata.manager.class.path", nil, "Remote log metadata manager class path."),
        .string(
            "remote.log.metadata.manager.impl.prefix", "rlmm.config.", valid: .notBlank,
            "Remote log metadata manager impl prefix."),
        .string(
            "remote.log.metadata.manager.listener.name", nil, valid: .notBlank,
            "Remote log metadata manager listener name."),
        .int(
            "remote.log.reader.max.pending.tasks", 100, valid: .atLeast(1),
            "Remote log reader max pending tasks."),
        .int(
            "remote.log.reader.threads", 10, valid: .atLeast(1), update: .clusterWide,
            "Remote log reader threads."),
        .string(
            "remote.log.storage.manager.class.name", nil, valid: .notBlank,
            "Remote log storage manager class name."),
        .string(
            "remote.log.storage.manager.class.path", nil, "Remote log storage manager class path."),
        .string(
            "remote.log.storage.manager.impl.prefix", "rsm.config.", valid: .notBlank,
            "Remote log storage manager impl prefix."),
        .boolean("remote.log.storage.system.enable", false, "Master switch of tiering."),
    ]
}
