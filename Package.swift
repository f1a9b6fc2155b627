// swift-tools-version: 6.3
// The floor plan as a table: one line per room. docs/ARCHITECTURE.md explains it, Tests/House enforces it.

import PackageDescription

let houseSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A room: a library target with the house's settings.
func room(
    _ name: String, _ uses: [Target.Dependency] = [], plugins: [Target.PluginUsage] = [],
    exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: uses, exclude: exclude, swiftSettings: houseSettings,
        plugins: plugins)
}

/// A test room: it may use what the room under test uses.
func tests(_ name: String, _ uses: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: uses, resources: resources, swiftSettings: houseSettings)
}

/// A library of the system, installed by `make deps`.
func system(_ name: String, _ pkgConfig: String, _ debianPackage: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig,
        providers: [.apt([debianPackage])])
}

let package = Package(
    name: "martlet",
    targets: [
        // C targets: each serves one room.
        .target(name: "CCRC", cSettings: [.unsafeFlags(["-O3"])]),
        .target(name: "CPlatform"),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        system("CZlib", "zlib", "zlib1g-dev"),
        system("CLZ4", "liblz4", "liblz4-dev"),
        system("CZstd", "libzstd", "libzstd-dev"),
        system("CSnappy", "snappy", "libsnappy-dev"),

        // 0 words
        room("Bytes", ["CCRC"], exclude: ["Bytes.md"]),
        room("Model", ["Bytes"], exclude: ["Model.md"]),
        room("Ports", ["Bytes", "Model"], exclude: ["Ports.md"]),

        // 1 languages
        room("WireSchema", exclude: ["Grammar.md", "WireSchema.md"]),
        room(
            "Wire", ["Bytes", "Model"], plugins: ["WireGeneratorPlugin"],
            exclude: ["Wire.md"]),
        room(
            "WireMessages", ["Wire", "Bytes", "Model"], plugins: ["WireGeneratorPlugin"],
            exclude: ["WireMessages.md"]),
        room(
            "InternalRecords", ["Wire", "Bytes", "Model"], plugins: ["WireGeneratorPlugin"],
            exclude: ["InternalRecords.md"]),
        room(
            "Compression", ["Bytes", "CZlib", "CLZ4", "CZstd", "CSnappy"],
            exclude: ["Compression.md"]),
        room("Patterns", ["CRE2"], exclude: ["Patterns.md"]),
        room("Configuration", ["Model"], exclude: ["Configuration.md"]),
        room("Records", ["Bytes", "Model", "Compression"], exclude: ["Records.md"]),
        room("Telemetry", ["Bytes", "Model"], exclude: ["Telemetry.md"]),

        // 2 minds
        room("Raft", ["Bytes", "Model"], exclude: ["Raft.md"]),
        room("Metadata", ["Bytes", "Model", "InternalRecords"], exclude: ["Metadata.md"]),
        room(
            "Controller", ["Bytes", "Model", "InternalRecords", "Metadata", "Configuration"],
            exclude: ["Controller.md"]),
        room("Replication", ["Model"], exclude: ["Replication.md"]),
        room("ProducerState", ["Bytes", "Model", "Records"], exclude: ["ProducerState.md"]),
        room("Coordination", ["Model"], exclude: ["Coordination.md"]),
        room(
            "Groups",
            ["Bytes", "Model", "InternalRecords", "Metadata", "Coordination", "Configuration"],
            exclude: ["Groups.md"]),

        // 3 hands
        room(
            "LogStorage", ["Bytes", "Model", "Ports", "Records", "Compression", "ProducerState"],
            exclude: ["LogStorage.md"]),
        room(
            "Platform", ["Bytes", "Model", "Ports", "CPlatform"], exclude: ["Platform.md"]),
        room(
            "Networking", ["Bytes", "Model", "Ports", "Platform", "CPlatform"],
            exclude: ["Networking.md"]),

        // 4 households
        room(
            "Broker",
            [
                "Bytes", "Model", "Ports", "Wire", "WireMessages", "InternalRecords", "Compression",
                "Records", "Configuration", "Telemetry", "Raft", "Metadata", "Controller",
                "Replication", "ProducerState", "Coordination", "Groups", "LogStorage", "Patterns",
            ], exclude: ["Broker.md"]),
        room(
            "Client",
            [
                "Bytes", "Model", "Ports", "Wire", "WireMessages", "InternalRecords", "Compression",
                "Records",
            ], exclude: ["Client.md"]),
        room(
            "Simulation",
            [
                "Bytes", "Model", "Ports", "Wire", "WireMessages", "InternalRecords",
                "Configuration",
                "Telemetry", "Records", "Metadata", "Raft", "LogStorage", "Broker", "Client",
            ], exclude: ["Simulation.md"]),
        room(
            "Tools",
            [
                "Bytes", "Model", "Ports", "Wire", "WireMessages", "InternalRecords", "Compression",
                "Records", "Configuration", "LogStorage", "ProducerState", "Metadata", "Client",
                "Patterns", "Platform", "Networking",
            ], exclude: ["Tools.md"]),

        // 5 doors
        .executableTarget(
            name: "martlet",
            dependencies: [
                "Bytes", "Model", "Ports", "Configuration", "Telemetry", "Broker", "Tools",
                "Platform",
                "Networking",
            ],
            swiftSettings: houseSettings),
        .executableTarget(
            name: "simulate", dependencies: ["Platform", "Simulation"], swiftSettings: houseSettings
        ),
        .executableTarget(
            name: "wire-generator", dependencies: ["WireSchema"], swiftSettings: houseSettings),
        .plugin(
            name: "WireGeneratorPlugin", capability: .buildTool(), dependencies: ["wire-generator"],
            path: "Sources/WireGeneratorPlugin"),

        .target(
            name: "TestSupport", dependencies: ["Bytes", "Model", "Ports"],
            path: "Tests/TestSupport",
            swiftSettings: houseSettings),
        tests("BytesTests", ["Bytes"]),
        tests("ConfigurationTests", ["Configuration", "Model"]),
        tests("House", ["Configuration", "Tools", "Broker", "Model", "Wire"]),
        tests("TelemetryTests", ["Telemetry", "Bytes", "Model"]),
        tests("ModelTests", ["Model"]),
        tests(
            "LogStorageTests",
            [
                "LogStorage", "Bytes", "Model", "Ports", "Records", "Compression", "ProducerState",
                "TestSupport",
            ]),
        tests("ReplicationTests", ["Replication", "Model", "TestSupport"]),
        tests("RecordsTests", ["Records", "Compression", "Bytes", "Model", "TestSupport"]),
        tests("CompressionTests", ["Compression", "Bytes", "Model"]),
        tests("WireSchemaTests", ["WireSchema"]),
        tests("WireTests", ["Bytes", "Model", "Wire", "WireMessages", "InternalRecords"]),
        tests(
            "WireMessagesTests",
            ["Bytes", "Model", "Wire", "WireMessages", "InternalRecords", "WireSchema"],
            resources: [.copy("golden.txt"), .copy("independent_codec.py")]),
        tests(
            "ToolsTests",
            [
                "Tools", "Client", "Configuration", "InternalRecords", "Metadata", "Wire",
                "Records", "Bytes", "Model", "TestSupport",
            ]),
        tests(
            "ClientTests",
            [
                "Client", "Wire", "WireMessages", "InternalRecords", "Records", "Compression",
                "Bytes",
                "Model", "TestSupport",
            ]),
        tests("ProducerStateTests", ["ProducerState", "Records", "Bytes", "Model", "TestSupport"]),
        tests(
            "RaftTests", ["Raft", "Bytes", "Model", "TestSupport"],
            resources: [.embedInCode("Scenarios")]),
        tests(
            "BrokerTests",
            [
                "Broker", "Bytes", "Model", "Ports", "Wire", "WireMessages", "InternalRecords",
                "Configuration", "Telemetry", "Raft", "Metadata", "Controller", "LogStorage",
                "TestSupport",
            ]),
        tests(
            "SimulationTests",
            [
                "Simulation", "Bytes", "Model", "Ports", "Client", "Broker", "Metadata",
                "InternalRecords", "Records", "TestSupport",
            ]),
        tests("PatternsTests", ["Patterns"]),
        tests("CoordinationTests", ["Coordination", "Model"]),
        tests(
            "GroupsTests",
            [
                "Groups", "Coordination", "Metadata", "InternalRecords", "Configuration", "Bytes",
                "Model", "TestSupport",
            ]),
        tests("MetadataTests", ["Metadata", "Bytes", "Model", "InternalRecords"]),
        tests(
            "ControllerTests",
            [
                "Controller", "Metadata", "Configuration", "Bytes", "Model", "InternalRecords",
                "TestSupport",
            ]),
        tests("PlatformTests", ["Bytes", "Model", "Ports", "Platform"]),
        tests("NetworkingTests", ["Bytes", "Model", "Ports", "Platform", "Networking"]),
    ]
)
