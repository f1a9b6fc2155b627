internal import Client
internal import Configuration
internal import Model

/// `kafka-configs`: shows and changes configuration of topics, brokers, loggers, client metrics and groups.
enum Configs: Tool {
    static let name = "configs"
    static let summary = "Describe or change configuration of topics, brokers and others."
    static let flags =
        [
            Flag.bootstrapServer, Flag.bootstrapController, Flag.zookeeper,
            Flag("command-config", .value("file"), "Client properties.", aliases: ["admin.config"]),
            Flag("describe", "Show configuration."),
            Flag("alter", "Change configuration."),
            Flag("all", "Show all settings, not only those that were changed."),
            Flag("add-config", .value("k=v,k=[a,b],..."), "Settings to change."),
            Flag("add-config-file", .value("file"), "Settings to change, as properties."),
            Flag("delete-config", .value("k,k,..."), "Settings to reset."),
            Flag(
                "entity-type", .values("type"),
                "topics, brokers, broker-loggers, client-metrics or groups."),
            Flag("entity-name", .values("name"), "Name of the entity."),
            Flag("entity-default", "The default of all entities of the type."),
            Flag("force", "No effect; kept for scripts."),
        ] + ConfigEntity.shortFlags

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let action = try arguments.only(of: ["alter", "describe"])
        let entity = try ConfigEntity(arguments)
        // Controllers list no topics: what is not there is told by the answer.
        let checksTopic = entity.kind == .topic && !arguments.has("bootstrap-controller")
        if action == "alter" {
            let changes = try changes(arguments, host)
            let admin = try await host.admin(arguments)
            try await alter(entity, changes, admin, host, checksTopic: checksTopic)
            await admin.close()
        } else {
            for flag in ["add-config", "add-config-file", "delete-config"]
            where arguments.has(flag) {
                throw .usage("Option \"[\(flag)]\" can't be used with option \"[describe]\"")
            }
            let admin = try await host.admin(arguments)
            try await describe(
                entity, isAll: arguments.has("all"), admin, host, checksTopic: checksTopic)
            await admin.close()
        }
        return ExitCode.success
    }

    // MARK: Describing

    private static func describe(
        _ entity: ConfigEntity, isAll: Bool, _ admin: Admin, _ host: ToolHost, checksTopic: Bool
    ) async throws(ToolFailure) {
        for name in try await names(entity, admin) {
            if checksTopic { try await checkTopic(name, admin) }
            let resource = ConfigResource(entity.kind, name)
            let described = try await reporting { () async throws(ClientError) in
                try await admin.describeConfigs([resource])
            }
            for line in lines(
                described.first?.entries ?? [], of: entity, named: name, isAll: isAll)
            {
                host.output.line(line)
            }
        }
    }

    private static func checkTopic(
        _ name: String, _ admin: Admin
    ) async throws(ToolFailure) {
        let topics = try await reporting { () async throws(ClientError) in
            try await admin.describeTopics([name])
        }
        if case .failure? = topics.first?.result {
            throw .failed("The topic '\(name)' doesn't exist and doesn't have dynamic config.")
        }
    }

    /// The entities to describe: the named one, the default, or all.
    private static func names(
        _ entity: ConfigEntity, _ admin: Admin
    ) async throws(ToolFailure) -> [String] {
        if let name = entity.name { return [name] }
        switch entity.kind {
        case .topic:
            return try await reporting { () async throws(ClientError) in
                try await admin.listTopics().map(\.name)
            }
        case .broker, .brokerLogger:
            let cluster = try await reporting { () async throws(ClientError) in
                try await admin.describeCluster()
            }
            let ids = cluster.nodes.map { String($0.id.rawValue) }
            return entity.kind == .broker ? ids + [""] : ids
        case .clientMetrics, .group:
            throw .usage("an entity name must be specified with --describe of \(entity.plural)")
        }
    }

    static func lines(
        _ entries: [ConfigEntry], of entity: ConfigEntity, named name: String, isAll: Bool
    ) -> [String] {
        let head: String
        if name.isEmpty {
            head = "Default configs for \(entity.plural) in the cluster are:"
        } else {
            head = "\(isAll ? "All" : "Dynamic") configs for \(entity.singular) \(name) are:"
        }
        let shown = entries.filter { entry in
            isAll || entry.source == dynamicSource(entity.kind, isDefault: name.isEmpty)
        }
        return [head] + shown.map(line)
    }

    private static func dynamicSource(
        _ kind: ConfigResource.Kind, isDefault: Bool
    ) -> ConfigSource {
        switch kind {
        case .topic: .dynamicTopic
        case .broker: isDefault ? .dynamicDefaultBroker : .dynamicBroker
        case .brokerLogger: .dynamicBrokerLogger
        case .clientMetrics: .dynamicClientMetrics
        case .group: .dynamicGroup
        }
    }

    private static func line(_ entry: ConfigEntry) -> String {
        let synonyms = entry.synonyms.map { synonym in
            "\(synonym.source.name):\(synonym.name)=\(synonym.value ?? "null")"
        }
        return "  \(entry.name)=\(entry.value ?? "null") sensitive=\(entry.isSensitive) "
            + "synonyms={\(synonyms.joined(separator: ", "))}"
    }

    // MARK: Changing

    private static func alter(
        _ entity: ConfigEntity, _ changes: [ConfigChange], _ admin: Admin, _ host: ToolHost,
        checksTopic: Bool
    ) async throws(ToolFailure) {
        guard let name = entity.name else {
            throw .usage(
                "An entity name or default entity must be specified with --alter of "
                    + entity.plural)
        }
        if checksTopic { try await checkTopic(name, admin) }
        try await reporting { () async throws(ClientError) in
            try await admin.alterConfigs(of: ConfigResource(entity.kind, name), changes)
        }
        host.output.line(
            name.isEmpty
                ? "Completed updating default config for \(entity.plural) in the cluster."
                : "Completed updating config for \(entity.singular) \(name).")
    }

    private static func changes(
        _ arguments: Arguments, _ host: ToolHost
    ) throws(ToolFailure) -> [ConfigChange] {
        try arguments.exclude("add-config", "add-config-file")
        var changes: [ConfigChange] = []
        if let text = arguments.value("add-config") { changes += try additions(text) }
        if let path = arguments.value("add-config-file") {
            let properties = try host.properties(ofFile: path)
            changes += properties.keys.map { .set($0, properties[$0] ?? "") }
        }
        if let text = arguments.value("delete-config") {
            changes += text.split(separator: ",").map {
                .delete(String($0.filter { !$0.isWhitespace }))
            }
        }
        guard !changes.isEmpty else {
            throw .usage(
                "At least one of --add-config, --add-config-file, or --delete-config "
                    + "must be specified with --alter")
        }
        return changes
    }

    /// `k=v,k=[a,b]`: commas inside brackets belong to the value.
    static func additions(_ text: String) throws(ToolFailure) -> [ConfigChange] {
        var parts: [String] = []
        var part = ""
        var depth = 0
        for character in text {
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(part)
                part = ""
            } else {
                part.append(character)
            }
        }
        parts.append(part)
        var changes: [ConfigChange] = []
        for part in parts where !part.allSatisfy(\.isWhitespace) {
            guard let mark = part.firstIndex(of: "="), mark > part.startIndex else {
                throw .failed(
                    "requirement failed: Invalid entity config: all configs to be added "
                        + "must be in the format \"key=val\".")
            }
            let name = part[..<mark].filter { !$0.isWhitespace }
            var value = part[part.index(after: mark)...]
            if value.hasPrefix("["), value.hasSuffix("]") {
                value = value.dropFirst().dropLast()
            }
            changes.append(.set(String(name), String(value)))
        }
        return changes
    }
}
