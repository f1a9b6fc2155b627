internal import Metadata

extension Storage {
    /// The level of `metadata.version` that a release stands for.
    private static func release(_ arguments: Arguments) throws(ToolFailure) -> Int16 {
        guard let text = arguments.value("release-version") else {
            return MetadataVersion.newest.level
        }
        guard let level = MetadataVersionName.level(text) else {
            throw .failed(
                "Unknown metadata.version '\(text)'. Supported metadata.version are: "
                    + "\(MetadataVersionName.text(MetadataVersion.lowest.level)) to "
                    + MetadataVersionName.text(MetadataVersion.newest.level))
        }
        return level
    }

    /// Levels that the flags ask for, `metadata.version` first.
    static func levels(
        _ arguments: Arguments
    ) throws(ToolFailure) -> [(name: String, level: Int16)] {
        let release = try release(arguments)
        var levels = BootstrapRecords.levels.map { name, level in
            (name: name, level: name == FeatureName.metadataVersion ? release : level)
        }
        for text in arguments.values("feature") {
            let (name, level) = try feature(text)
            let known = BootstrapRecords.supported.first { $0.name == name }
            guard let known, name != FeatureName.martlet else {
                let names = BootstrapRecords.supported.map(\.name)
                    .filter { $0 != FeatureName.martlet }
                throw .failed(
                    "Unsupported feature: \(name). Supported features are: "
                        + names.joined(separator: ", "))
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
        // metadata.version tells how to read the rest.
        return levels.sorted { a, b in
            let (isA, isB) = (
                a.name == FeatureName.metadataVersion, b.name == FeatureName.metadataVersion
            )
            return isA != isB ? isA : a.name < b.name
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
        for (name, level) in BootstrapRecords.levels where name != FeatureName.metadataVersion {
            lines.append("\(name)=\(level)")
        }
        return lines
    }

    static func dependencies(_ arguments: Arguments) throws(ToolFailure) -> [String] {
        let wanted = arguments.values("feature")
        guard !wanted.isEmpty else { throw .usage("argument --feature/-f is required") }
        var lines: [String] = []
        for text in wanted {
            let (name, level) = try feature(text)
            guard BootstrapRecords.supported.contains(where: { $0.name == name }) else {
                throw .failed("Unknown feature: \(name)")
            }
            let label =
                name == FeatureName.metadataVersion
                ? "\(name)=\(level) (\(MetadataVersionName.text(level)))" : "\(name)=\(level)"
            if name == FeatureName.eligibleLeaderReplicas, level > 0 {
                lines.append("\(label) requires:")
                lines.append("    metadata.version=23 (\(MetadataVersionName.text(23)))")
            } else {
                lines.append("\(label) has no dependencies.")
            }
        }
        return lines
    }
}
