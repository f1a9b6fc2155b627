internal import InternalRecords
internal import Metadata
internal import Model
internal import Wire

/// The metadata of a cluster as a tree of files, for people who look for something in it.
struct MetadataTree: Sendable {
    /// A directory, or a file if it has a text.
    struct Node: Sendable {
        var text: String?
        private(set) var children: [String: Node] = [:]

        var isDirectory: Bool { text == nil }

        /// Names of what is in it: numbers by value, then words.
        var names: [String] {
            children.keys.sorted { a, b in
                switch (Int64(a), Int64(b)) {
                case (let x?, let y?): x < y
                case (_?, nil): true
                case (nil, _?): false
                case (nil, nil): a < b
                }
            }
        }

        subscript(name: String) -> Node? { children[name] }

        /// Adds a file, with the directories above it.
        mutating func add(_ path: ArraySlice<String>, _ text: String) {
            guard let name = path.first else {
                self.text = text
                return
            }
            children[name, default: Node()].add(path.dropFirst(), text)
        }

        /// Adds an empty directory.
        mutating func addDirectory(_ path: ArraySlice<String>) {
            guard let name = path.first else { return }
            children[name, default: Node()].addDirectory(path.dropFirst())
        }
    }

    private(set) var root = Node()

    /// What is always there, however empty.
    private static let directories = [
        "acls", "clientQuotas", "cluster/brokers", "cluster/controllers", "configs",
        "delegationToken", "features", "producerIds", "scram", "topics/byId", "topics/byName",
    ]

    init(_ image: MetadataImage) {
        for directory in Self.directories {
            root.addDirectory(["image"] + directory.split(separator: "/").map(String.init))
        }
        let position = image.position
        add(["provenance", "lastContainedOffset"], String(position.lastOffset.rawValue))
        add(["provenance", "lastContainedEpoch"], String(position.term.rawValue))
        add(["provenance", "lastContainedLogTimeMs"], String(position.timestamp.rawValue))
        var names: [UUID: String] = [:]
        for record in image.snapshot() {
            if case .topic(let topic) = record { names[topic.topicID] = topic.name }
            add(record, names)
        }
        root.add(["local", "version"], Tools.version)
        root.add(["local", "kafkaVersion"], Tools.kafkaVersion)
    }

    private mutating func add(_ path: [String], _ text: String) {
        root.add(["image"] + path, text)
    }

    private mutating func add(_ record: MetadataRecord, _ names: [UUID: String]) {
        switch record {
        case .featureLevel(let level):
            let isVersion = level.name == FeatureName.metadataVersion
            let name = isVersion ? " (\(MetadataVersionName.text(level.featureLevel)))" : ""
            add(["features", level.name], "\(level.featureLevel)\(name)")
        case .registerBroker(let broker):
            add(["cluster", "brokers", String(broker.brokerID)], Self.json(record))
        case .registerController(let controller):
            add(["cluster", "controllers", String(controller.controllerID)], Self.json(record))
        case .topic(let topic):
            for place in [["byId", topic.topicID.description], ["byName", topic.name]] {
                add(["topics"] + place + ["id"], topic.topicID.description)
                add(["topics"] + place + ["name"], topic.name)
            }
        case .partition(let partition):
            let number = String(partition.partitionID)
            let text = Self.json(record)
            add(["topics", "byId", partition.topicID.description, number], text)
            guard let name = names[partition.topicID] else { return }
            add(["topics", "byName", name, number], text)
        case .config(let config):
            let kind = Self.kinds[config.resourceType] ?? String(config.resourceType)
            let name = config.resourceName.isEmpty ? "<default>" : config.resourceName
            add(["configs", kind, name, config.name], config.value ?? "")
        case .producerIds(let ids):
            add(["producerIds", "nextProducerId"], String(ids.nextProducerID))
        default:
            addSecurity(record)
        }
    }

    private static let kinds: [Int8: String] = [
        2: "topic", 4: "broker", 16: "client-metrics", 32: "group",
    ]

    private mutating func addSecurity(_ record: MetadataRecord) {
        switch record {
        case .clientQuota(let quota):
            let entity = quota.entity.map { "\($0.entityType)=\($0.entityName ?? "<default>")" }
            add(
                ["clientQuotas", entity.joined(separator: ","), quota.key],
                String(quota.value))
        case .accessControlEntry(let entry):
            add(["acls", "byId", entry.id.description], Self.json(record))
        case .userScramCredential(let credential):
            // Keys and salts are nobody's business here.
            let mechanism = credential.mechanism == 1 ? "SCRAM-SHA-256" : "SCRAM-SHA-512"
            add(
                ["scram", mechanism, credential.name],
                "{\"iterations\":\(credential.iterations),\"keys\":\"[hidden]\"}")
        case .delegationToken(let token):
            add(["delegationToken", "tokens", token.tokenID], Self.json(record))
        default:
            // Nothing else is in a snapshot.
            break
        }
    }

    private static func json(_ record: MetadataRecord) -> String {
        var json = JSONWriter()
        record.writeJSON(to: &json, version: record.defaultVersion)
        return json.text
    }

    // MARK: Paths

    /// The words of a path, taken from a directory: `.` and `..` are resolved.
    static func resolve(_ path: String, from directory: [String]) -> [String] {
        var found = path.hasPrefix("/") ? [] : directory
        for word in path.split(separator: "/").map(String.init) {
            switch word {
            case ".": break
            case "..": if !found.isEmpty { found.removeLast() }
            default: found.append(word)
            }
        }
        return found
    }

    /// What stands at a path; nil if nothing does.
    func node(at path: [String]) -> Node? {
        var node = root
        for name in path {
            guard let next = node[name] else { return nil }
            node = next
        }
        return node
    }

    /// All paths that a path with `*` and `?` stands for, in order.
    func matches(_ path: [String]) -> [[String]] {
        var found: [(path: [String], node: Node)] = [([], root)]
        for word in path {
            found = found.flatMap { path, node in
                let isPattern = word.contains { "*?".contains($0) }
                let names = isPattern ? node.names.filter { Self.fits($0, word) } : [word]
                return names.compactMap { name in node[name].map { (path + [name], $0) } }
            }
        }
        return found.map(\.path)
    }

    /// Whether a name fits a pattern of `*` and `?`.
    static func fits(_ name: String, _ pattern: String) -> Bool {
        let (name, pattern) = (Array(name), Array(pattern))
        var (n, p) = (0, 0)
        var restart: (n: Int, p: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                restart = (n, p)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                n += 1
                p += 1
            } else if let last = restart {
                // The last star takes one character more.
                restart = (last.n + 1, last.p)
                (n, p) = (last.n + 1, last.p + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
