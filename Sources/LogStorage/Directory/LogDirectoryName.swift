package import Model

/// What the name of a directory inside a log directory says.
package enum LogDirectoryName: Hashable, Sendable {
    /// A partition's log.
    case log(TopicPartition)
    /// The metadata quorum's log.
    case metadata
    /// A log that was deleted and waits for its removal.
    case deleted(String)
    /// A copy of a log that moves between directories.
    case future(TopicPartition, name: String)
    /// A log whose partition is not, or no longer, of this broker.
    case stray(String)
    /// None of ours.
    case other(String)

    static let deletedSuffix = "-delete"
    static let futureSuffix = "-future"
    static let straySuffix = "-stray"
    /// A file name may be this long.
    static let lengthMax = 255

    package init(_ name: String) {
        if name == TopicPartition.metadata.description {
            self = .metadata
        } else if name.hasSuffix(Self.deletedSuffix), name.contains(".") {
            self = .deleted(name)
        } else if name.hasSuffix(Self.straySuffix), name.contains(".") {
            self = .stray(name)
        } else if name.hasSuffix(Self.futureSuffix), let dot = name.lastIndex(of: ".") {
            self = Self.partition(name[..<dot]).map { .future($0, name: name) } ?? .other(name)
        } else {
            self = Self.partition(name[...]).map { .log($0) } ?? .other(name)
        }
    }

    private static func partition(_ name: Substring) -> TopicPartition? {
        guard let dash = name.lastIndex(of: "-"), dash > name.startIndex else { return nil }
        let digits = name[name.index(after: dash)...]
        guard let first = digits.utf8.first,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            let partition = Int32(digits)
        else { return nil }
        return TopicPartition(String(name[..<dash]), partition)
    }

    /// The name under which a deleted log waits: `<topic>-<n>.<32 hex digits>-delete`, the topic
    /// cut where the whole would be too long.
    package static func deleted(_ partition: TopicPartition, _ uniqueID: UUID) -> String {
        named(partition, uniqueID, deletedSuffix)
    }

    /// The name of a copy on its way into this directory.
    package static func future(_ partition: TopicPartition, _ uniqueID: UUID) -> String {
        named(partition, uniqueID, futureSuffix)
    }

    /// The name under which a log is set aside that does not belong here.
    package static func stray(_ partition: TopicPartition, _ uniqueID: UUID) -> String {
        named(partition, uniqueID, straySuffix)
    }

    private static func named(
        _ partition: TopicPartition, _ uniqueID: UUID, _ ending: String
    ) -> String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        let suffix = ".\(hex(uniqueID.high))\(hex(uniqueID.low))\(ending)"
        let number = "-\(partition.partition)"
        let room = lengthMax - suffix.utf8.count - number.utf8.count
        return partition.topic.prefix(room) + number + suffix
    }
}
