internal import Metadata

/// Names of `metadata.version` levels, as releases call them.
enum MetadataVersionName {
    /// The releases' own names, by level; level 7 is the lowest of a Kafka 4 cluster.
    private static let names: [Int16: String] = [
        7: "3.3-IV3", 8: "3.4-IV0", 9: "3.5-IV0", 10: "3.5-IV1", 11: "3.5-IV2", 12: "3.6-IV0",
        13: "3.6-IV1", 14: "3.6-IV2", 15: "3.7-IV0", 16: "3.7-IV1", 17: "3.7-IV2", 18: "3.7-IV3",
        19: "3.7-IV4", 20: "3.8-IV0", 21: "3.9-IV0", 22: "4.0-IV0", 23: "4.0-IV1", 24: "4.0-IV2",
        25: "4.0-IV3", 26: "4.1-IV0", 27: "4.1-IV1", 28: "4.2-IV0", 29: "4.2-IV1", 30: "4.3-IV0",
    ]

    /// The lowest and the highest, for error messages.
    static var range: String {
        "\(text(MetadataVersion.lowest.level)) to \(text(MetadataVersion.newest.level))"
    }

    static func text(_ level: Int16) -> String { names[level] ?? "\(level)" }

    /// The level of a name like `4.3-IV0`, or of a release like `4.3`: its last.
    static func level(_ text: String) -> Int16? {
        if let exact = names.first(where: { $0.value == text })?.key { return exact }
        let release = text.split(separator: ".").prefix(2).joined(separator: ".") + "-"
        return names.filter { $0.value.hasPrefix(release) }.keys.max()
    }
}
