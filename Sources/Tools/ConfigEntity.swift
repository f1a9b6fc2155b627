internal import Client
internal import Model

/// What `kafka-configs` is to look at: a kind of thing and, if one was given, its name.
struct ConfigEntity: Sendable {
    let kind: ConfigResource.Kind
    /// Nil: none was given; empty: the default of all.
    let name: String?
    /// As messages call one of it.
    let singular: String
    /// As `--entity-type` calls it.
    let plural: String

    private struct Row {
        let kind: ConfigResource.Kind
        let singular: String
        let plural: String
        /// The flag that is type and name in one.
        let short: String
        /// The flag for the default of all.
        let shortDefault: String?
    }

    private static let rows = [
        Row(
            kind: .topic, singular: "topic", plural: "topics", short: "topic", shortDefault: nil),
        Row(
            kind: .broker, singular: "broker", plural: "brokers", short: "broker",
            shortDefault: "broker-defaults"),
        Row(
            kind: .brokerLogger, singular: "broker-logger", plural: "broker-loggers",
            short: "broker-logger", shortDefault: nil),
        Row(
            kind: .clientMetrics, singular: "client-metric", plural: "client-metrics",
            short: "client-metrics", shortDefault: nil),
        Row(kind: .group, singular: "group", plural: "groups", short: "group", shortDefault: nil),
    ]
    /// Types that Kafka has and this version does not serve yet.
    private static let later = ["users", "clients", "ips"]

    static let shortFlags: [Flag] = rows.flatMap { row in
        [Flag(row.short, .value("name"), "Short for --entity-type \(row.plural) --entity-name.")]
            + (row.shortDefault.map {
                [Flag($0, "Short for --entity-type \(row.plural) --entity-default.")]
            } ?? [])
    }

    init(_ arguments: Arguments) throws(ToolFailure) {
        let types = arguments.values("entity-type")
        let short = Self.rows.filter { row in
            arguments.has(row.short) || row.shortDefault.map(arguments.has) ?? false
        }
        guard types.count + short.count > 0 else {
            throw .usage(
                "At least one entity type must be specified: --entity-type or a short form")
        }
        guard types.count + short.count == 1 else {
            throw .usage("Only one entity type may be specified")
        }
        if let row = short.first {
            self.init(row, name: arguments.value(row.short) ?? "")
            try requireBrokerID()
            return
        }
        let type = types[0]
        guard let row = Self.rows.first(where: { $0.plural == type }) else {
            if Self.later.contains(type) {
                throw .failed("entity type \(type) is not served by this version yet")
            }
            let known = Self.rows.map(\.plural).joined(separator: ", ")
            throw .usage("Invalid entity type \(type), the entity type must be one of \(known)")
        }
        if arguments.has("entity-default") {
            try arguments.exclude("entity-default", "entity-name")
            self.init(row, name: "")
        } else {
            self.init(row, name: arguments.value("entity-name"))
        }
        try requireBrokerID()
    }

    private func requireBrokerID() throws(ToolFailure) {
        guard kind == .broker || kind == .brokerLogger, let name, !name.isEmpty, Int32(name) == nil
        else { return }
        throw .usage(
            "The entity name for \(plural) must be a valid integer broker id, found: \(name)")
    }

    private init(_ row: Row, name: String?) {
        kind = row.kind
        self.name = name
        singular = row.singular
        plural = row.plural
    }
}
