internal import Client
internal import Model

/// What is wrong with partitions, and why. Findings are gathered by cause, not told once for each partition.
extension Diagnosis {
    /// Partitions named in a finding; the rest is counted.
    private static let namedMax = 5

    private static func names(_ partitions: [TopicPartition]) -> String {
        let named = partitions.prefix(namedMax).map(\.description).joined(separator: ", ")
        let rest = partitions.count - namedMax
        return rest > 0 ? "\(named) and \(rest) more" : named
    }

    private static func list(_ brokers: some Sequence<BrokerID>) -> String {
        brokers.sorted().map { String($0.rawValue) }.joined(separator: ", ")
    }

    private static func place(
        _ topic: ClusterFacts.Topic, _ partition: PartitionDescription
    ) -> TopicPartition {
        TopicPartition(topic.description.name, partition.partition)
    }

    // MARK: Leaderless

    /// Those that could lead are not there. Which ones that are, is the answer.
    static func leaderless(_ facts: ClusterFacts) -> [Finding] {
        let serving = Set(facts.serving.map(\.id))
        var waitingFor: [[BrokerID]: [TopicPartition]] = [:]
        var hopeless: [TopicPartition] = []
        for (topic, partition) in facts.partitions where partition.leader == .none {
            let able = Set(partition.inSyncReplicas).union(partition.eligibleLeaders ?? [])
            let candidates = able.isEmpty ? partition.lastKnownEligibleLeaders ?? [] : Array(able)
            let missing = candidates.filter { !serving.contains($0) }.sorted()
            if missing.isEmpty {
                hopeless.append(place(topic, partition))
            } else {
                waitingFor[missing, default: []].append(place(topic, partition))
            }
        }
        var findings = waitingFor.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            brokers, partitions in
            Finding(
                .error, "leaderless",
                "\(partitions.count) partitions have no leader: all who hold their records are away.",
                evidence: "\(names(partitions)) wait for broker \(list(brokers))",
                remedy: "start broker \(list(brokers)); if it is lost for good, martlet "
                    + "leader-election --election-type unclean, which loses records")
        }
        if !hopeless.isEmpty {
            findings.append(
                Finding(
                    .error, "leaderless",
                    "\(hopeless.count) partitions have no leader, and no replica that may lead.",
                    evidence: names(hopeless),
                    remedy:
                        "look at the log directories of their replicas; martlet leader-election "
                        + "--election-type unclean takes the replica that is there, and may lose "
                        + "records"))
        }
        return findings
    }

    // MARK: Under-replicated

    /// Why a replica is not in sync.
    private enum Absence: Hashable {
        case fenced(BrokerID)
        case unregistered(BrokerID)
        case offlineDirectory(BrokerID)
        case behind(BrokerID)

        /// For a fixed order.
        var key: (BrokerID, Int) {
            switch self {
            case .fenced(let id): (id, 0)
            case .unregistered(let id): (id, 1)
            case .offlineDirectory(let id): (id, 2)
            case .behind(let id): (id, 3)
            }
        }
    }

    static func underReplicated(_ facts: ClusterFacts) -> [Finding] {
        let known = Dictionary(uniqueKeysWithValues: facts.cluster.nodes.map { ($0.id, $0) })
        let failed = Set(facts.directories.filter(\.hasFailures).map(\.broker))
        var causes: [Absence: [TopicPartition]] = [:]
        var belowMinimum: [TopicPartition] = []
        for (topic, partition) in facts.partitions where partition.leader != .none {
            let inSync = Set(partition.inSyncReplicas)
            for replica in partition.replicas where !inSync.contains(replica) {
                let isOffline = partition.offlineReplicas.contains(replica)
                let cause: Absence =
                    known[replica].map { node in
                        node.isFenced
                            ? .fenced(replica)
                            : isOffline && failed.contains(replica)
                                ? .offlineDirectory(replica) : .behind(replica)
                    } ?? .unregistered(replica)
                causes[cause, default: []].append(place(topic, partition))
            }
            let needed = min(topic.minInSync ?? 1, partition.replicas.count)
            if inSync.count < needed { belowMinimum.append(place(topic, partition)) }
        }
        var findings = causes.sorted { $0.key.key < $1.key.key }.map { cause, partitions in
            finding(cause, partitions, facts)
        }
        if !belowMinimum.isEmpty {
            findings.append(
                Finding(
                    .error, "below-min-isr",
                    "\(belowMinimum.count) partitions refuse writes with acks=all.",
                    evidence: "\(names(belowMinimum)): fewer replicas in sync than "
                        + "min.insync.replicas",
                    remedy: "bring the missing replicas back, see under-replicated"))
        }
        return findings
    }

    private static func finding(
        _ cause: Absence, _ partitions: [TopicPartition], _ facts: ClusterFacts
    ) -> Finding {
        let what: String
        let remedy: String
        switch cause {
        case .fenced(let id):
            what = "because broker \(id.rawValue) is down or starting"
            remedy = "start broker \(id.rawValue), or read its log"
        case .unregistered(let id):
            what = "because broker \(id.rawValue) is not in the cluster"
            remedy =
                "start broker \(id.rawValue), or move its replicas with martlet "
                + "reassign-partitions"
        case .offlineDirectory(let id):
            what = "because a log directory of broker \(id.rawValue) has failed"
            remedy =
                "repair the disk and restart broker \(id.rawValue), or take the directory out of "
                + "log.dirs"
        case .behind(let id):
            what = "because broker \(id.rawValue), which runs, does not keep up with their leaders"
            remedy =
                "see that broker \(id.rawValue) reaches the leaders' inter-broker listeners, and "
                + "that disk and network are not at their limit"
        }
        return Finding(
            .warning, "under-replicated",
            "\(partitions.count) partitions are under-replicated \(what).",
            evidence: names(partitions), remedy: remedy)
    }

    // MARK: Replication factors

    static func replication(_ facts: ClusterFacts) -> [Finding] {
        let count = facts.serving.count
        return tooMany(facts, count) + topicNumbers(facts)
    }

    /// Settings that ask for more replicas than there are brokers.
    private static func tooMany(_ facts: ClusterFacts, _ count: Int) -> [Finding] {
        var found: [String: [(broker: BrokerID, value: Int)]] = [:]
        for numbers in facts.numbers {
            for name in ClusterFacts.replicaSettings {
                guard let value = numbers.settings[name], value > count else { continue }
                found[name, default: []].append((numbers.broker, value))
            }
        }
        return found.sorted { $0.key < $1.key }.map { name, brokers in
            let value = brokers.map(\.value).max() ?? 0
            return Finding(
                .error, "replication-factor",
                "\(name) asks for \(value) brokers; \(count) serve.",
                evidence: "as set on broker \(list(brokers.map(\.broker)))",
                remedy: "set \(name) to at most \(count), or run more brokers")
        }
    }

    private static func topicNumbers(_ facts: ClusterFacts) -> [Finding] {
        var single: [String] = []
        var impossible: [String] = []
        var tight: [String] = []
        for topic in facts.topics {
            guard let factor = topic.description.partitions.map(\.replicas.count).min() else {
                continue
            }
            let name = topic.description.name
            let least = topic.minInSync ?? 1
            if factor == 1, facts.cluster.nodes.count > 1 { single.append(name) }
            if least > factor { impossible.append(name) }
            if factor > 1, least == factor { tight.append(name) }
        }
        func finding(
            _ topics: [String], _ severity: Finding.Severity, _ check: String, _ what: String,
            _ remedy: String
        ) -> [Finding] {
            guard !topics.isEmpty else { return [] }
            let named = topics.prefix(namedMax).joined(separator: ", ")
            let rest = topics.count - namedMax
            return [
                Finding(
                    severity, check, "\(topics.count) topics \(what)",
                    evidence: rest > 0 ? "\(named) and \(rest) more" : named, remedy: remedy)
            ]
        }
        return finding(
            single, .warning, "replication-factor",
            "have a single replica: they stop, or are lost, with one broker.",
            "add replicas with martlet reassign-partitions")
            + finding(
                impossible, .warning, "min-insync-replicas",
                "ask for more replicas in sync than they have.",
                "lower min.insync.replicas, or add replicas")
            + finding(
                tight, .warning, "min-insync-replicas",
                "refuse writes with acks=all as soon as one broker is away.",
                "set min.insync.replicas below the number of replicas")
    }

    // MARK: Disks

    /// Shares of a file system below which it is nearly full.
    private static let scarce = 0.10
    private static let nearlyNone = 0.03

    static func disks(_ facts: ClusterFacts) -> [Finding] {
        facts.directories.flatMap { entry -> [Finding] in
            let id = entry.broker.rawValue
            switch entry.result {
            // That it does not answer is found elsewhere.
            case .failure: return []
            case .success(let directories):
                return directories.compactMap { disk($0, of: id) }
            }
        }
    }

    private static func disk(_ directory: LogDirectoryDescription, of id: Int32) -> Finding? {
        guard directory.error == .none else {
            return Finding(
                .error, "failed-directory", "A log directory of broker \(id) is offline.",
                evidence: "\(directory.path): \(directory.error.name)",
                remedy: "repair the disk and restart broker \(id), or take the directory out of "
                    + "log.dirs")
        }
        guard let total = directory.totalBytes, let usable = directory.usableBytes, total > 0 else {
            return nil
        }
        return scarcity(usable, of: total, at: directory.path, "broker \(id)")
    }

    /// Whether a file system is nearly full.
    static func scarcity(
        _ usable: Int64, of total: Int64, at path: String, _ whose: String
    ) -> Finding? {
        let share = Double(usable) / Double(max(total, 1))
        guard share < scarce else { return nil }
        return Finding(
            share < nearlyNone ? .error : .warning, "disk-space",
            "A disk of \(whose) is nearly full.",
            evidence: "\(path): \(usable) of \(total) bytes are free, "
                + "\(Format.fixed(share * 100, 1)) %",
            remedy:
                "lower retention.bytes or retention.ms, move replicas away, or give it more space")
    }
}

extension ClusterFacts.Directories {
    /// Whether one of them is offline.
    var hasFailures: Bool {
        guard case .success(let directories) = result else { return false }
        return directories.contains { $0.error != .none }
    }
}
