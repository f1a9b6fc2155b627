extension Settings {
    /// Names that Kafka had and that no server of generation 4 knows, with what to use.
    private static let gone: [String: String] = [
        "advertised.host.name": "use advertised.listeners",
        "advertised.port": "use advertised.listeners",
        "broker.id.generation.enable": "set node.id",
        "control.plane.listener.name": "use controller.listener.names",
        "delegation.token.master.key": "use delegation.token.secret.key",
        "host.name": "use listeners",
        "inter.broker.protocol.version": "feature levels replace it",
        "log.message.format.version": "record format 2 is the only one written",
        "log.message.timestamp.difference.max.ms":
            "use log.message.timestamp.before.max.ms and log.message.timestamp.after.max.ms",
        "port": "use listeners",
        "reserved.broker.max.id": "set node.id",
    ]

    /// How a name of `server.properties` is taken.
    package enum Recognition: Sendable {
        case known(Setting)
        /// Free names below a known prefix, as plug-ins have.
        case passedThrough
        /// Kept, without effect; the reason or the nearest known name for the warning.
        case unknown(hint: String?)
    }

    /// Recognises a broker's setting, with or without a listener's prefix.
    package static func recognize(_ name: String) -> Recognition {
        if let setting = broker(name) { return .known(setting) }
        if let (_, bare) = splitListenerPrefix(name) {
            if let setting = broker(bare) { return .known(setting) }
            // listener.name.<listener>.<mechanism>.<setting>, as SASL has it.
            if let dot = bare.firstIndex(of: "."),
                let setting = broker(String(bare[bare.index(after: dot)...]))
            {
                return .known(setting)
            }
        }
        let prefixes = ["config.providers.", "rsm.config.", "rlmm.config.", "metrics.context."]
        if prefixes.contains(where: name.hasPrefix) { return .passedThrough }
        if name.hasPrefix("zookeeper.") {
            return .unknown(hint: "there is no ZooKeeper any more")
        }
        if let advice = gone[name] { return .unknown(hint: "it is gone, \(advice)") }
        return .unknown(hint: nearest(to: name, in: broker).map { "did you mean \($0)?" })
    }

    /// `listener.name.external.ssl.key.password` → `external`, `ssl.key.password`.
    package static func splitListenerPrefix(_ name: String) -> (listener: String, name: String)? {
        let prefix = "listener.name."
        guard name.hasPrefix(prefix) else { return nil }
        let rest = name.dropFirst(prefix.count)
        guard let dot = rest.firstIndex(of: "."), dot > rest.startIndex else { return nil }
        return (String(rest[..<dot]), String(rest[rest.index(after: dot)...]))
    }

    /// The known name that a mistyped one was probably meant to be: at most a third of it differs.
    package static func nearest(to name: String, in rows: [Setting]) -> String? {
        let wanted = Array(name.utf8)
        var best: (distance: Int, name: String)?
        for row in rows where !row.isInternal {
            let limit = (best?.distance ?? (wanted.count / 3 + 1)) - 1
            guard limit >= 0 else { break }
            if let distance = editDistance(wanted, Array(row.name.utf8), limit: limit) {
                best = (distance, row.name)
            }
        }
        return best?.name
    }

    /// Levenshtein's distance, nil above `limit`.
    private static func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
        guard abs(a.count - b.count) <= limit else { return nil }
        var previous = Array(0...b.count)
        var current = previous
        for i in a.indices {
            current[0] = i + 1
            var least = current[0]
            for j in b.indices {
                let replaced = previous[j] + (a[i] == b[j] ? 0 : 1)
                current[j + 1] = min(replaced, previous[j + 1] + 1, current[j] + 1)
                least = min(least, current[j + 1])
            }
            if least > limit { return nil }
            swap(&previous, &current)
        }
        return previous[b.count] <= limit ? previous[b.count] : nil
    }
}
