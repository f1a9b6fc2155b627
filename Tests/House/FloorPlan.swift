/// Which room may import which: docs/ARCHITECTURE.md draws it, this is the one table of it.
enum FloorPlan {
    /// Every room with what it may use. Imports point down; the few sideways ones are named here.
    static let uses: [String: Set<String>] = [
        // 0 words
        "Bytes": ["CCRC"],
        "Model": ["Bytes"],
        "Ports": ["Bytes", "Model"],
        // 1 languages
        "WireSchema": [],
        "Wire": words,
        "WireMessages": words.union(["Wire"]),
        "InternalRecords": words.union(["Wire"]),
        "Compression": words.union(["CZlib", "CLZ4", "CZstd", "CSnappy"]),
        "Records": words.union(["Compression"]),
        "Patterns": ["CRE2"],
        "Cryptography": words.union(["COpenSSL"]),
        "Configuration": words,
        "Telemetry": words,
        // 2 minds
        "Raft": mindsTongue,
        "Metadata": mindsTongue,
        "Controller": mindsTongue.union(["Metadata", "Configuration"]),
        "Replication": mindsTongue,
        "ProducerState": mindsTongue.union(["Records"]),
        "Coordination": mindsTongue.union(["Metadata"]),
        "Groups": mindsTongue.union(["Metadata", "Coordination", "Configuration"]),
        "Transactions": mindsTongue.union(["Metadata", "Coordination", "Configuration"]),
        "Security": mindsTongue.union(["Metadata", "Cryptography"]),
        // 3 hands
        "LogStorage": hands.union(["Records", "Compression", "ProducerState"]),
        "Platform": hands.union(["CPlatform"]),
        "Networking": hands.union(["Platform", "CPlatform"]),
        // 4 households
        "Broker": ports.union(languages).union(minds).union(["LogStorage"]),
        "Client": ports.union(languages),
        "Simulation": ports.union(languages).union(minds).union(["LogStorage", "Broker", "Client"]),
        "Tools": ports.union(languages).union([
            "LogStorage", "ProducerState", "Metadata", "Client", "Platform", "Networking",
        ]),
        // 5 doors
        "martlet": ports.union([
            "Configuration", "Telemetry", "Broker", "Tools", "Platform", "Networking",
        ]),
        "simulate": ports.union(["Platform", "Simulation"]),
        "wire-generator": ["WireSchema"],
        "WireGeneratorPlugin": ["PackagePlugin"],
    ]

    private static let words: Set<String> = ["Bytes", "Model"]
    private static let ports: Set<String> = ["Bytes", "Model", "Ports"]
    private static let hands: Set<String> = ["Bytes", "Model", "Ports"]
    /// What a mind may speak: never messages of the wire, never ports, never telemetry.
    private static let mindsTongue: Set<String> = ["Bytes", "Model", "InternalRecords"]
    private static let languages: Set<String> = [
        "Wire", "WireMessages", "InternalRecords", "Compression", "Records", "Patterns",
        "Configuration", "Telemetry",
    ]
    static let minds: Set<String> = [
        "Raft", "Metadata", "Controller", "Replication", "ProducerState", "Coordination", "Groups",
        "Transactions", "Security",
    ]

    /// Modules of the toolchain, and who may use them. The generator and its plugin run at build time only.
    static let system: [String: Set<String>] = [
        "Synchronization": [
            "Bytes", "Telemetry", "Platform", "Networking", "LogStorage", "Broker", "Client",
            "Simulation", "Tools", "martlet",
        ],
        "Glibc": ["Platform", "Networking", "wire-generator"],
        "FoundationEssentials": ["wire-generator"],
        "Foundation": ["WireGeneratorPlugin"],
    ]

    /// What tests of single rooms may use beyond that: semaphores where threads meet, a reader of JSON.
    static let testSystem: [String: Set<String>] = [
        "Dispatch": ["PlatformTests", "NetworkingTests"],
        "FoundationEssentials": ["WireMessagesTests"],
    ]

    /// Where `unsafe` may be written. Ports holds `LoopBound`, whose soundness is a loop's promise.
    static let unsafeRooms: Set<String> = [
        "Bytes", "Compression", "Patterns", "Cryptography", "Platform", "Networking",
    ]
    static let uncheckedRooms = unsafeRooms.union(["Ports", "Simulation"])
}
