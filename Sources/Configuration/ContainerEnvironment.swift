/// A container's environment as a node's properties, under the names that the image apache/kafka uses: `KAFKA_`
/// and a key in capitals, `_` for a dot, `__` for an underscore, `___` for a dash.
///
/// The environment goes before a mounted file, and the file before the defaults. A mounted file is the whole of
/// what it leaves to the environment; without one every key that nobody gives has a default under which a node
/// starts. Other than in that image, one variable does not take the defaults of the others away.
package enum ContainerEnvironment {
    /// What a node in a container starts with.
    package static func properties(
        environment: [String: String], mounted: Properties? = nil
    ) -> Properties {
        var properties = mounted ?? Properties()
        for variable in environment.keys.sorted() {
            if let key = key(of: variable) { properties[key] = environment[variable] }
        }
        if mounted == nil { complete(&properties) }
        return properties
    }

    /// The cluster's id where `CLUSTER_ID` names none: that of the image.
    package static func clusterID(_ environment: [String: String]) -> String {
        let given = environment["CLUSTER_ID"] ?? ""
        return given.isEmpty ? "5L6g3nShT-eMCtK--X86sw" : given
    }

    /// Variables of the image's scripts; they are about a JVM.
    private static let others: Set<String> = [
        "KAFKA_VERSION", "KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_JMX_OPTS", "KAFKA_JMX_PORT",
        "KAFKA_JMX_HOSTNAME", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_GC_LOG_OPTS",
        "KAFKA_LOG4J_OPTS", "KAFKA_LOG4J_ROOT_LOGLEVEL", "KAFKA_LOG4J_LOGGERS",
        "KAFKA_TOOLS_LOG4J_LOGLEVEL", "KAFKA_DEBUG",
    ]

    /// The key that a variable sets; nil if it sets none.
    static func key(of variable: String) -> String? {
        guard variable.hasPrefix("KAFKA_"), !others.contains(variable) else { return nil }
        var key = ""
        var run = 0
        for character in variable.dropFirst(6).lowercased() + "." {
            if character == "_" {
                run += 1
                continue
            }
            // Of a run of more than three, threes are taken first.
            key += String(repeating: "-", count: run / 3)
            key += ["", ".", "_"][run % 3]
            run = 0
            key.append(character)
        }
        key.removeLast()
        return key.isEmpty ? nil : key
    }

    // MARK: Defaults

    private static func complete(_ properties: inout Properties) {
        func setIfMissing(_ key: String, _ value: String, unless others: String...) {
            guard properties[key] == nil, !others.contains(where: { properties[$0] != nil })
            else { return }
            properties[key] = value
        }
        setIfMissing("process.roles", "broker,controller")
        setIfMissing("node.id", "1", unless: "broker.id")
        setIfMissing("log.dirs", "/var/lib/kafka/data", unless: "log.dir")
        setIfMissing("http.listener", "0.0.0.0:9644")
        let roles = SettingKind.entries(properties["process.roles"] ?? "")
        let isBroker = roles.contains("broker")
        let isController = roles.contains("controller")
        if properties["listeners"] == nil {
            if isBroker { setIfMissing("advertised.listeners", "PLAINTEXT://localhost:9092") }
            properties["listeners"] =
                [isBroker ? "PLAINTEXT://:9092" : nil, isController ? "CONTROLLER://:9093" : nil]
                .compactMap { $0 }.joined(separator: ",")
        }
        setIfMissing("controller.listener.names", "CONTROLLER")
        let isAlone =
            isController && properties["controller.quorum.voters"] == nil
            && properties["controller.quorum.bootstrap.servers"] == nil
        guard isAlone else { return }
        let node = properties["node.id"] ?? properties["broker.id"] ?? "1"
        properties["controller.quorum.voters"] = "\(node)@localhost:\(controllerPort(properties))"
        for key in singleReplicas { setIfMissing(key, "1") }
        setIfMissing("group.initial.rebalance.delay.ms", "0")
    }

    /// What a quorum of one, with one broker, can have one of only.
    private static let singleReplicas = [
        "offsets.topic.replication.factor", "transaction.state.log.replication.factor",
        "transaction.state.log.min.isr", "share.coordinator.state.topic.replication.factor",
        "share.coordinator.state.topic.min.isr",
    ]

    /// The port of the first controller listener.
    private static func controllerPort(_ properties: Properties) -> Substring {
        let names = SettingKind.entries(properties["controller.listener.names"] ?? "")
        let mine = SettingKind.entries(properties["listeners"] ?? "").first { listener in
            names.contains { listener.uppercased().hasPrefix($0.uppercased() + "://") }
        }
        return mine?.split(separator: ":").last ?? "9093"
    }
}

extension Properties {
    /// The properties as a file has them, one line each, in the order of their first appearance.
    package var text: String {
        keys.map { key in
            "\(Self.escaped(key, isKey: true))=\(Self.escaped(self[key] ?? "", isKey: false))\n"
        }.joined()
    }

    private static func escaped(_ text: String, isKey: Bool) -> String {
        var out = ""
        var isLeading = true
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case " " where isKey || isLeading: out += "\\ "
            case "=", ":", "#", "!": out += isKey ? "\\\(scalar)" : String(scalar)
            default: out.unicodeScalars.append(scalar)
            }
            isLeading = isLeading && scalar == " "
        }
        return out
    }
}
