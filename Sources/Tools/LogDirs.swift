internal import Client
internal import Model

/// `kafka-log-dirs`: what lies in the log directories of brokers.
enum LogDirs: Tool {
    static let name = "log-dirs"
    static let summary = "Query brokers for the replicas in their log directories."
    static let flags = [
        Flag("bootstrap-server", .value("host:port,..."), "Servers of the cluster."),
        Flag.commandConfig, Flag.zookeeper,
        Flag("describe", "Describe the log directories of the brokers."),
        Flag("broker-list", .value("ids"), "Brokers, as in 1,2; all if left out."),
        Flag("topic-list", .value("names"), "Topics, as in a,b; all if left out."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        guard arguments.has("describe") else {
            throw .usage("Missing required argument \"[describe]\"")
        }
        let topics = Set(words(arguments.value("topic-list")))
        let wanted = try brokers(arguments.value("broker-list"), of: "broker-list")
        let admin = try await host.admin(arguments)
        let known = try await reporting { () async throws(ClientError) in
            try await admin.describeCluster().nodes.map(\.id)
        }
        let missing = wanted.filter { !known.contains($0) }
        guard missing.isEmpty else {
            throw .failed(
                "ERROR: The given brokers do not exist from --broker-list: \(list(missing)). "
                    + "Current existent brokers: \(list(known))")
        }
        let asked = wanted.isEmpty ? known : wanted
        host.output.line("Querying brokers for log directories information")
        var found: [(BrokerID, [LogDirectoryDescription])] = []
        for broker in asked {
            let directories = try await reporting { () async throws(ClientError) in
                try await admin.describeLogDirectories(of: broker)
            }
            found.append((broker, directories))
        }
        await admin.close()
        host.output.line("Received log directory information from brokers \(list(asked))")
        host.output.line(json(found, topics: topics))
        return ExitCode.success
    }

    private static func words(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map(String.init)
    }

    private static func list(_ brokers: [BrokerID]) -> String {
        brokers.map { "\($0.rawValue)" }.joined(separator: ",")
    }

    /// Broker ids separated by commas, ascending; empty if there is no text.
    static func brokers(_ text: String?, of flag: String) throws(ToolFailure) -> [BrokerID] {
        var brokers: Set<BrokerID> = []
        for word in words(text) {
            guard let id = Int32(word), id >= 0 else {
                throw .usage("Cannot parse argument '\(word)' of option \(flag): not a broker id")
            }
            brokers.insert(BrokerID(id))
        }
        return brokers.sorted()
    }

    /// One line, members in Kafka's order. No topics stand for all.
    static func json(
        _ brokers: [(BrokerID, [LogDirectoryDescription])], topics: Set<String>
    ) -> String {
        let parts = brokers.map { broker, directories in
            let inner = directories.map { json($0, topics) }.joined(separator: ",")
            return "{\"broker\":\(broker.rawValue),\"logDirs\":[\(inner)]}"
        }
        return "{\"version\":1,\"brokers\":[\(parts.joined(separator: ","))]}"
    }

    private static func json(_ directory: LogDirectoryDescription, _ topics: Set<String>) -> String
    {
        let error = directory.error == .none ? "null" : JSONText.quoted(javaName(directory.error))
        let partitions = directory.replicas.filter {
            topics.isEmpty || topics.contains($0.partition.topic)
        }.map { replica in
            "{\"partition\":\(JSONText.quoted(replica.partition.description)),"
                + "\"size\":\(replica.size),\"offsetLag\":\(replica.offsetLag),"
                + "\"isFuture\":\(replica.isFuture)}"
        }
        return "{\"logDir\":\(JSONText.quoted(directory.path)),\"error\":\(error),"
            + "\"partitions\":[\(partitions.joined(separator: ","))]}"
    }

    /// The class by which Kafka's tool calls the error that directories have.
    private static func javaName(_ error: ErrorCode) -> String {
        error == .kafkaStorageError
            ? "org.apache.kafka.common.errors.KafkaStorageException" : error.name
    }
}
