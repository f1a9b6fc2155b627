internal import Client
internal import Metadata
internal import Model

/// `kafka-features`: which levels of features the cluster has finalized, and other ones.
enum Features: Tool {
    static let name = "features"
    static let summary = "Describe and change the levels of features."
    static let synopsis =
        "(describe | upgrade | downgrade | disable | version-mapping | feature-dependencies)"
    static let positionalsMax = 1
    static let helpCode: Int32 = ExitCode.success
    static let flags = [
        Flag.bootstrapServer, Flag.bootstrapController, Flag.commandConfig, Flag.zookeeper,
        Flag("node-id", .value("id"), "Describe what this node supports."),
        Flag("release-version", .value("version"), "All levels that go with this release."),
        Flag("feature", .values("name=level"), "The feature, with its level where one is set."),
        Flag("metadata", .value("version"), "Old form of --feature metadata.version."),
        Flag("unsafe", "Lower it even if metadata is lost."),
        Flag("dry-run", "Try it, change nothing."),
    ]

    /// What is asked of the cluster.
    enum Change: String {
        case upgrade
        case downgrade
        case disable
    }

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        switch arguments.positionals.first {
        case "describe": return try await describe(arguments, host)
        case "version-mapping":
            for line in try Storage.versionMapping(arguments) { host.output.line(line) }
            return ExitCode.success
        case "feature-dependencies":
            for line in try Storage.dependencies(arguments) { host.output.line(line) }
            return ExitCode.success
        case let word?:
            guard let change = Change(rawValue: word) else {
                throw .usage(
                    "invalid choice: '\(word)' (choose from 'describe', 'upgrade', 'downgrade', "
                        + "'disable', 'version-mapping', 'feature-dependencies')")
            }
            return try await run(change, arguments, host)
        case nil: throw .usage("too few arguments")
        }
    }
}

// MARK: - Describing

extension Features {
    private static func describe(
        _ arguments: Arguments, _ host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let node = try arguments.number("node-id", in: 0...Int64(Int32.max))
        let admin = try await host.admin(arguments)
        let versions = try await reporting { () async throws(ClientError) in
            try await admin.apiVersions(of: node.map { BrokerID(Int32($0)) })
        }
        for line in lines(versions) { host.output.line(line) }
        await admin.close()
        return ExitCode.success
    }

    static func lines(_ versions: NodeApiVersions) -> [String] {
        let epoch = versions.finalizedEpoch < 0 ? "-" : String(versions.finalizedEpoch)
        return versions.supportedFeatures.sorted { $0.key < $1.key }.map { name, range in
            let cells: [(title: String, value: String, width: Int)] = [
                ("Feature", name, 40),
                ("SupportedMinVersion", text(range.min, of: name), 15),
                ("SupportedMaxVersion", text(range.max, of: name), 15),
                (
                    "FinalizedVersionLevel", text(versions.finalizedFeatures[name] ?? 0, of: name),
                    15
                ),
                ("Epoch", epoch, 0),
            ]
            return cells.map { "\($0.title): \(Format.left($0.value, $0.width))" }
                .joined(separator: "  ")
        }
    }

    private static func text(_ level: Int16, of feature: String) -> String {
        guard feature == FeatureName.metadataVersion else { return String(level) }
        let name = MetadataVersionName.text(level)
        return name == String(level) ? "UNKNOWN [\(level)]" : name
    }
}

// MARK: - Changing

extension Features {
    private static func run(
        _ change: Change, _ arguments: Arguments, _ host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        if arguments.has("metadata") {
            host.output.line(
                "`metadata` flag is deprecated and may be removed in a future release.")
        }
        let updates = try updates(change, arguments)
        let isDry = arguments.has("dry-run")
        let admin = try await host.admin(arguments)
        let results = try await reporting { () async throws(ClientError) in
            try await admin.updateFeatures(updates, validateOnly: isDry)
        }
        await admin.close()
        return report(results, change, isDry: isDry, on: host.output)
    }

    /// What the flags ask for, by name.
    static func updates(
        _ change: Change, _ arguments: Arguments
    ) throws(ToolFailure) -> [FeatureUpdate] {
        let wanted: [(name: String, level: Int16)]
        switch change {
        case .disable: wanted = arguments.values("feature").map { ($0, 0) }
        case .upgrade, .downgrade: wanted = try levels(change, arguments)
        }
        guard !wanted.isEmpty else {
            throw .failed("You must specify at least one feature to \(change.rawValue)")
        }
        let kind: FeatureUpdate.Kind =
            switch change {
            case .upgrade: .upgrade
            case .downgrade, .disable:
                arguments.has("unsafe") ? .unsafeDowngrade : .safeDowngrade
            }
        let sorted = wanted.sorted { $0.name < $1.name }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
            throw .failed("Feature \(one.name) was specified more than once.")
        }
        return sorted.map { FeatureUpdate($0.name, to: $0.level, kind) }
    }

    private static func levels(
        _ change: Change, _ arguments: Arguments
    ) throws(ToolFailure) -> [(name: String, level: Int16)] {
        if arguments.has("release-version") {
            guard !arguments.has("metadata"), !arguments.has("feature") else {
                throw .failed("Can not specify `release-version` with other feature flags.")
            }
            return released(MetadataVersion(try Storage.release(arguments)), change)
        }
        var levels: [(name: String, level: Int16)] = []
        if let text = arguments.value("metadata") {
            guard let level = MetadataVersionName.level(text) else {
                throw .failed(
                    "Unknown metadata.version '\(text)'. Supported metadata.version are: "
                        + MetadataVersionName.range)
            }
            levels.append((FeatureName.metadataVersion, level))
        }
        for text in arguments.values("feature") { levels.append(try Storage.feature(text)) }
        return levels
    }

    /// Features that are off in a release are not mentioned when going up, and turned off when going down.
    private static func released(
        _ release: MetadataVersion, _ change: Change
    ) -> [(name: String, level: Int16)] {
        let levels = BootstrapRecords.levels(at: release)
        guard change == .downgrade else { return levels }
        let off = BootstrapRecords.levels.filter { feature in
            !levels.contains { $0.name == feature.name }
        }
        return levels + off.map { (name: $0.name, level: 0) }
    }

    static func report(
        _ results: [(update: FeatureUpdate, failure: ClientError?)], _ change: Change, isDry: Bool,
        on output: ToolOutput
    ) -> Int32 {
        for (update, failure) in results {
            output.line(sentence(update, failure, change, isDry: isDry))
        }
        let failed = results.filter { $0.failure != nil }.count
        guard failed > 0 else { return ExitCode.success }
        output.error("\(failed) out of \(results.count) operation(s) failed.")
        return ExitCode.failure
    }

    private static func sentence(
        _ update: FeatureUpdate, _ failure: ClientError?, _ change: Change, isDry: Bool
    ) -> String {
        guard let failure else {
            let done =
                change == .disable ? "disabled." : "\(change.rawValue)d to \(update.level)."
            return "\(update.feature) \(isDry ? "can be" : "was") \(done)"
        }
        let target = change == .disable ? "" : " to \(update.level)"
        return "\(isDry ? "Can not" : "Could not") \(change.rawValue) \(update.feature)\(target). "
            + failure.description
    }
}
