/// What a dynamic setting is attached to.
package struct ConfigResource: Hashable, Sendable, CustomStringConvertible {
    package let kind: ConfigResourceKind
    /// A topic's name, a broker's number, a group's name; empty for the default of all brokers.
    package let name: String

    package init(_ kind: ConfigResourceKind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    package var description: String { "\(kind.rawValue):\(name)" }
}

/// Kinds of resources, with their numbers on the wire and in records. A struct, so that a kind of a newer
/// version survives in the image.
package struct ConfigResourceKind: Hashable, Sendable, RawRepresentable {
    package let rawValue: Int8
    package init(rawValue: Int8) { self.rawValue = rawValue }

    package static let topic = ConfigResourceKind(rawValue: 2)
    package static let broker = ConfigResourceKind(rawValue: 4)
    package static let brokerLogger = ConfigResourceKind(rawValue: 8)
    package static let clientMetrics = ConfigResourceKind(rawValue: 16)
    package static let group = ConfigResourceKind(rawValue: 32)
}

extension ConfigResource: OrderedKey {
    package static func isOrdered(_ a: Self, before b: Self) -> Bool {
        (a.kind.rawValue, a.name) < (b.kind.rawValue, b.name)
    }
}
