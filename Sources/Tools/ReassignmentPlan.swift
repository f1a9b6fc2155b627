internal import Client
internal import Model

/// Where replicas shall lie: the JSON that `reassign-partitions` reads and writes.
struct ReassignmentPlan: Equatable {
    struct Entry: Equatable {
        let partition: TopicPartition
        let replicas: [BrokerID]
        /// Of each replica; `any` leaves it to the broker.
        let directories: [String]

        init(_ partition: TopicPartition, _ replicas: [BrokerID], _ directories: [String]? = nil) {
            self.partition = partition
            self.replicas = replicas
            self.directories = directories ?? replicas.map { _ in Self.any }
        }

        static let any = "any"
    }

    /// By topic and number.
    var entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries.sorted { $0.partition < $1.partition } }

    init(parsing text: String, of path: String) throws(ToolFailure) {
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch { throw .failed("\(path): \(error)") }
        if let version = json["version"], version.integer != 1 {
            throw .failed("\(path): Not supported version field value \(version.integer ?? -1)")
        }
        guard let list = json["partitions"]?.array, !list.isEmpty else {
            throw .failed("\(path): Partition reassignment list cannot be empty")
        }
        var entries: [Entry] = []
        var seen: Set<TopicPartition> = []
        for item in list {
            let entry = try Self.entry(item, path)
            guard seen.insert(entry.partition).inserted else {
                throw .failed(
                    "Partition reassignment contains duplicate topic partitions: \(entry.partition)"
                )
            }
            entries.append(entry)
        }
        self.init(entries)
    }

    private static func entry(_ item: JSONValue, _ path: String) throws(ToolFailure) -> Entry {
        guard let topic = item["topic"]?.string,
            let number = item["partition"]?.integer.flatMap({ Int32(exactly: $0) }),
            let replicas = item["replicas"]?.array
        else {
            throw .failed("\(path): each entry needs \"topic\", \"partition\" and \"replicas\"")
        }
        let partition = TopicPartition(topic, number)
        var brokers: [BrokerID] = []
        for replica in replicas {
            guard let id = replica.integer.flatMap({ Int32(exactly: $0) }) else {
                throw .failed("\(path): replicas of \(partition) are not numbers")
            }
            brokers.append(BrokerID(id))
        }
        guard !brokers.isEmpty else {
            throw .failed("Partition replica list cannot be empty for \(partition)")
        }
        guard Set(brokers).count == brokers.count else {
            throw .failed(
                "Partition replica lists may not contain duplicate entries: \(partition) contains "
                    + "multiple entries")
        }
        guard let given = item["log_dirs"]?.array else { return Entry(partition, brokers) }
        let directories = given.compactMap(\.string)
        guard directories.count == brokers.count else {
            throw .failed(
                "Size of replicas list \(brokers) is different from size of log dirs list "
                    + "\(directories) for partition \(partition)")
        }
        return Entry(partition, brokers, directories)
    }

    /// One line, members in Kafka's order.
    var json: String {
        let parts = entries.map { entry in
            let replicas = entry.replicas.map { "\($0.rawValue)" }.joined(separator: ",")
            let directories = entry.directories.map(JSONText.quoted).joined(separator: ",")
            return "{\"topic\":\(JSONText.quoted(entry.partition.topic)),"
                + "\"partition\":\(entry.partition.partition),\"replicas\":[\(replicas)],"
                + "\"log_dirs\":[\(directories)]}"
        }
        return "{\"version\":1,\"partitions\":[\(parts.joined(separator: ","))]}"
    }

    /// Topics named in `{"topics":[{"topic":"t"}],"version":1}`, each once, in its order.
    static func topics(parsing text: String, of path: String) throws(ToolFailure) -> [String] {
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch { throw .failed("\(path): \(error)") }
        guard let list = json["topics"]?.array, !list.isEmpty else {
            throw .failed("\(path): Missing topics field")
        }
        var topics: [String] = []
        for item in list {
            guard let topic = item["topic"]?.string else {
                throw .failed("\(path): each entry needs \"topic\"")
            }
            guard !topics.contains(topic) else {
                throw .failed(
                    "List of topics to reassign contains duplicate entries: \(topic)")
            }
            topics.append(topic)
        }
        return topics
    }
}

/// Spreads partitions over brokers: leaders in turn, followers at a growing distance behind them, racks in turn where
/// they are told.
enum ReplicaSpread {
    /// - Parameter start: the broker, by its place, that the first partition's leader is on.
    static func replicas(
        of count: Int, factor: Int, on brokers: [(id: BrokerID, rack: String?)], start: Int
    ) throws(ToolFailure) -> [[BrokerID]] {
        guard factor > 0, factor <= brokers.count else {
            throw .failed(
                "Replication factor: \(factor) larger than available brokers: \(brokers.count).")
        }
        let arranged = alternating(brokers)
        let racks = Set(arranged.map(\.rack)).count
        return (0..<count).map { partition in
            let first = (partition + start) % arranged.count
            var chosen = [first]
            var used: Set<String> = [arranged[first].rack]
            var distance = (partition + start) / arranged.count
            while chosen.count < factor {
                let step = 1 + distance % max(1, arranged.count - 1)
                distance += 1
                // Every distance is met before this comes round, so each broker is tried.
                let next = (first + step) % arranged.count
                guard !chosen.contains(next) else { continue }
                guard used.count >= racks || !used.contains(arranged[next].rack) else { continue }
                chosen.append(next)
                used.insert(arranged[next].rack)
            }
            return chosen.map { arranged[$0].id }
        }
    }

    /// Neighbours on different racks; a broker without one stands on its own.
    private static func alternating(
        _ brokers: [(id: BrokerID, rack: String?)]
    ) -> [(id: BrokerID, rack: String)] {
        var byRack: [String: [BrokerID]] = [:]
        for broker in brokers.sorted(by: { $0.id < $1.id }) {
            // A name that no rack has: names are not empty.
            byRack[broker.rack ?? "\u{0}\(broker.id.rawValue)", default: []].append(broker.id)
        }
        let hasRacks = brokers.contains { $0.rack != nil }
        let racks =
            hasRacks
            ? byRack.keys.sorted()
            : byRack.keys.sorted { (byRack[$0]?.first ?? .none) < (byRack[$1]?.first ?? .none) }
        var arranged: [(id: BrokerID, rack: String)] = []
        for turn in 0..<(byRack.values.map(\.count).max() ?? 0) {
            for rack in racks {
                guard let ids = byRack[rack], turn < ids.count else { continue }
                arranged.append((ids[turn], rack))
            }
        }
        return arranged
    }
}
