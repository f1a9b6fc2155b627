internal import Metadata

extension Storage {
    /// The level of `metadata.version` that a release stands for.
    static func release(_ arguments: Arguments) throws(ToolFailure) -> Int16 {
        guard let text = arguments.value("release-version") else {
            return MetadataVersion.newest.level
        }
        guard let level = MetadataVersionName.level(text) else {
            throw .failed(
                "Unknown metadata.version '\(text)'. Supported metadata.version are: "
                    + MetadataVersionName.range)
        }
        return level
    }

    /// Levels that the flags ask for, `metadata.version` first.
    static func levels(
        _ arguments: Arguments
    ) throws(ToolFailure) -> [(name: String, level: Int16)] {
        let release = try release(arguments)
        var levels = BootstrapRecords.levels(at: MetadataVersion(release))
        for text in arguments.values("feature") {
            let (name, level) = try feature(text)
            guard let known = BootstrapRecords.finalizable.first(where: { $0.name == name }) else {
                throw .failed(
                    "Unsupported feature: \(name). Supported features are: "
                        + BootstrapRecords.finalizable.map(\.name).joined(separator: ", "))
            }
            guard known.levels.contains(level) else {
                throw .failed(
                    "Feature \(name) has levels \(known.levels.lowerBound) to "
                        + "\(known.levels.upperBound), not \(level)")
            }
            if name == FeatureName.metadataVersion, arguments.has("release-version") {
                throw .failed(
                    "Use --release-version instead of --feature metadata.version=X to "
                        + "avoid ambiguity.")
            }
            levels.removeAll { $0.name == name }
            levels.append((name, level))
        }
        try checkDependencies(levels)
        // metadata.version tells how to read the rest.
        return levels.sorted { a, b in
            let (isA, isB) = (
                a.name == FeatureName.metadataVersion, b.name == FeatureName.metadataVersion
            )
            return isA != isB ? isA : a.name < b.name
        }
    }

    private static func checkDependencies(
        _ levels: [(name: String, level: Int16)]
    ) throws(ToolFailure) {
        for (name, level) in levels {
            for needed in FeatureName.dependencies(of: name, at: level)
            where levels.first(where: { $0.name == needed.feature })?.level ?? 0 < needed.level {
                throw .failed(
                    "\(name) could not be set to \(level) because it depends on "
                        + "\(needed.feature) level \(needed.level)")
            }
        }
    }

    static func feature(_ text: String) throws(ToolFailure) -> (name: String, level: Int16) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let level = Int16(parts[1]), level >= 0 else {
            throw .failed("Can't parse feature=level string \(text): level must be a number")
        }
        return (String(parts[0]), level)
    }

    static func versionMapping(_ arguments: Arguments) throws(ToolFailure) -> [String] {
        let release = try release(arguments)
        var lines = [
            "metadata.version=\(release) (\(MetadataVersionName.text(release)))",
            "kraft.version=1",
        ]
        for (name, level) in BootstrapRecords.levels(at: MetadataVersion(release))
        where name != FeatureName.metadataVersion { lines.append("\(name)=\(level)") }
        return lines
    }

    static func dependencies(_ arguments: Arguments) throws(ToolFailure) -> [String] {
        let wanted = arguments.values("feature")
        guard !wanted.isEmpty else { throw .usage("argument --feature/-f is required") }
        var lines: [String] = []
        for text in wanted {
            let (name, level) = try feature(text)
            guard BootstrapRecords.finalizable.contains(where: { $0.name == name }) else {
                throw .failed("Unknown feature: \(name)")
            }
            let needed = FeatureName.dependencies(of: name, at: level)
            if needed.isEmpty {
                lines.append("\(label(name, level)) has no dependencies.")
            } else {
                lines.append("\(label(name, level)) requires:")
                lines += needed.map { "    \(label($0.feature, $0.level))" }
            }
        }
        return lines
    }

    private static func label(_ feature: String, _ level: Int16) -> String {
        guard feature == FeatureName.metadataVersion else { return "\(feature)=\(level)" }
        return "\(feature)=\(level) (\(MetadataVersionName.text(level)))"
    }
}
