internal import Client
internal import Model

/// The parts of `kafka-topics` that change something.
enum TopicChange {
    static func create(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) {
        let name = try arguments.required("topic")
        if name.contains(".") || name.contains("_") {
            host.output.line(
                "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore "
                    + "('_') could collide. To avoid issues it is best to use either, but not both."
            )
        }
        var topic = NewTopic(name: name)
        topic.partitionCount = try arguments.number("partitions", in: 1...Int64(Int32.max))
            .map { Int32($0) }
        topic.replicationFactor = try arguments.number(
            "replication-factor", in: 1...Int64(Int16.max)
        ).map { Int16($0) }
        if let text = arguments.value("replica-assignment") {
            topic.assignment = try assignment(text)
        }
        topic.configs = try arguments.values("config").map(setting)
        let wanted = topic
        do {
            try await admin.createTopics([wanted])
            host.output.line("Created topic \(name).")
        } catch {
            guard case .refused(.topicAlreadyExists, let message) = error else {
                throw ToolFailure(error)
            }
            if arguments.has("if-not-exists") { return }
            throw .failed(message ?? "Topic '\(name)' already exists.")
        }
    }

    private static func setting(_ text: String) throws(ToolFailure) -> ConfigSetting {
        guard let mark = text.firstIndex(of: "="), mark > text.startIndex else {
            throw .failed(
                "requirement failed: Invalid topic config: all configs to be added must "
                    + "be in the format \"key=val\".")
        }
        return ConfigSetting(
            String(text[..<mark].filter { !$0.isWhitespace }),
            String(text[text.index(after: mark)...]))
    }

    /// `0:1,1:2`: partitions are separated by commas, brokers by colons.
    static func assignment(_ text: String) throws(ToolFailure) -> [[BrokerID]] {
        var partitions: [[BrokerID]] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            var brokers: [BrokerID] = []
            for word in part.split(separator: ":", omittingEmptySubsequences: false) {
                guard let id = Int32(word.filter { !$0.isWhitespace }), id >= 0 else {
                    throw .failed("'\(word)' in replica assignment is not a broker id")
                }
                guard !brokers.contains(BrokerID(id)) else {
                    throw .failed(
                        "Partition replica lists may not contain duplicate entries: \(id)")
                }
                brokers.append(BrokerID(id))
            }
            if let first = partitions.first, first.count != brokers.count {
                throw .failed(
                    "Partition \(partitions.count) has different replication factor: \(part)")
            }
            partitions.append(brokers)
        }
        return partitions
    }

    /// The topics that are to be changed; a failure if there are none.
    private static func chosen(
        _ arguments: Arguments, _ admin: Admin
    ) async throws(ToolFailure) -> [TopicDescription] {
        let topics = try await Topics.matching(arguments, admin)
        if topics.isEmpty, !arguments.has("if-exists") {
            let name = try arguments.required("topic")
            throw .failed("Topic '\(name)' does not exist as expected")
        }
        return topics
    }

    static func delete(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) {
        let topics = try await chosen(arguments, admin)
        guard !topics.isEmpty else { return }
        try await reporting { () async throws(ClientError) in
            try await admin.deleteTopics(topics.map(\.name))
        }
    }

    static func alter(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) {
        guard let count = try arguments.number("partitions", in: 1...Int64(Int32.max)) else {
            throw .usage("Missing required argument \"[partitions]\"")
        }
        var placed: [[BrokerID]]?
        if let text = arguments.value("replica-assignment") { placed = try assignment(text) }
        for topic in try await chosen(arguments, admin) {
            // The assignment names all partitions; those that exist keep theirs.
            let new = placed.map { Array($0.dropFirst(topic.partitions.count)) }
            try await reporting { () async throws(ClientError) in
                try await admin.createPartitions(
                    of: topic.name, count: Int32(count), assignment: new)
            }
        }
    }
}
