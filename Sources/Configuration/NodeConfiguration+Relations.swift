internal import Model

extension NodeConfiguration.Draft {
    /// Values that are right alone and wrong together.
    mutating func checkRelations() {
        checkSession()
        for (lesser, greater) in Self.ordered {
            guard !wasRefused(lesser), !wasRefused(greater) else { continue }
            let most = settings.int(greater)
            if settings.int(lesser) > most {
                let blamed = settings.fromFile[lesser] == nil ? greater : lesser
                let bound =
                    blamed == lesser
                    ? "at most \(greater), \(most)" : "at least \(lesser), \(settings.int(lesser))"
                refuse(blamed, allowed: bound)
            }
        }
        for name in ["log.retention.ms", "log.retention.minutes", "log.retention.hours"] {
            if let text = settings.fromFile[name], let value = Int(text), value == 0 || value < -1 {
                refuse(name, allowed: "more than 0, or -1 for ever")
            }
        }
        let queued = settings.int("queued.max.request.bytes")
        if queued > 0, queued < settings.int("socket.request.max.bytes") {
            refuse(
                "queued.max.request.bytes",
                allowed: "at least socket.request.max.bytes, or -1 for no limit")
        }
        if isBroker,
            settings.int("min.insync.replicas") > settings.int("default.replication.factor"),
            settings.fromFile["min.insync.replicas"] != nil
        {
            warn(
                "min.insync.replicas",
                "more than default.replication.factor: topics of default size refuse acks=all")
        }
        let address = settings.text("http.listener") ?? ""
        if !address.isEmpty, HostAndPort(address, mayBeBlank: true) == nil {
            refuse("http.listener", allowed: "host:port, or empty for none")
        }
    }

    /// Pairs of which the first must not be greater than the second.
    private static let ordered = [
        ("replica.fetch.wait.max.ms", "replica.socket.timeout.ms"),
        ("replica.fetch.wait.max.ms", "replica.lag.time.max.ms"),
        ("group.min.session.timeout.ms", "group.max.session.timeout.ms"),
        ("group.consumer.min.heartbeat.interval.ms", "group.consumer.heartbeat.interval.ms"),
        ("group.consumer.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms"),
        ("group.consumer.min.session.timeout.ms", "group.consumer.session.timeout.ms"),
        ("group.consumer.session.timeout.ms", "group.consumer.max.session.timeout.ms"),
        ("group.share.min.heartbeat.interval.ms", "group.share.heartbeat.interval.ms"),
        ("group.share.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"),
        ("group.share.min.session.timeout.ms", "group.share.session.timeout.ms"),
        ("group.share.session.timeout.ms", "group.share.max.session.timeout.ms"),
        ("log.cleaner.min.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
    ]

    /// A broker is fenced after three missed heartbeats at the earliest.
    private mutating func checkSession() {
        let name = "broker.session.timeout.ms"
        guard settings.fromFile[name] != nil, !wasRefused(name),
            !wasRefused("broker.heartbeat.interval.ms")
        else { return }
        let least = 3 * settings.int("broker.heartbeat.interval.ms")
        if settings.int(name) < least {
            refuse(
                name,
                allowed: "at least three times broker.heartbeat.interval.ms, \(least)")
        }
    }

    /// What would silently not protect or not keep data must stop the start.
    mutating func checkUnserved() {
        if settings.text("authorizer.class.name").map({ !$0.isEmpty }) ?? false {
            refuse("authorizer.class.name", allowed: "left out: authorization is not served yet")
        }
        if settings.flag("remote.log.storage.system.enable") {
            refuse("remote.log.storage.system.enable", allowed: "false: tiering is not served yet")
        }
        if !settings.list("config.providers").isEmpty {
            refuse("config.providers", allowed: "left out: providers are not served yet")
        }
        for name in ["create.topic.policy.class.name", "alter.config.policy.class.name"]
        where settings.text(name) != nil {
            refuse(name, allowed: "left out: policies are not served yet")
        }
    }
}
