/// The number of an API. A struct, not an enum, so that a key of a newer peer can be passed on.
///
/// The names (`ApiKey.fetch`) and what is known about each are generated from the schemas; see
/// `facts`.
public struct ApiKey: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int16
    @inlinable public init(rawValue: Int16) { self.rawValue = rawValue }

    @inlinable
    public static func < (a: ApiKey, b: ApiKey) -> Bool { a.rawValue < b.rawValue }

    /// What the schema says about an API.
    public struct Facts: Hashable, Sendable {
        public let key: ApiKey
        /// As Kafka prints it: `Produce`.
        public let name: String
        /// Every version this build can read and write.
        public let versions: ClosedRange<Int16>
        /// The first version with compact lengths, tagged sections and the flexible headers.
        public let firstFlexibleVersion: Int16?
        public let isOnBrokers: Bool
        public let isOnControllers: Bool
        /// A broker forwards it to the active controller inside an Envelope (KIP-590).
        public let isForwarded: Bool
        /// Only nodes of the cluster may send it.
        public let needsClusterAction: Bool
        /// The highest of `versions` is offered only with `unstable.api.versions.enable`.
        public let isLatestUnstable: Bool

        /// The versions that are offered by default.
        public var stableVersions: ClosedRange<Int16> {
            guard isLatestUnstable, versions.upperBound > versions.lowerBound else {
                return versions
            }
            return versions.lowerBound...(versions.upperBound - 1)
        }
    }

    /// What is known about this API, nil if the key is unknown or its API is gone.
    public var facts: Facts? {
        guard rawValue >= 0, Int(rawValue) < Self.byKey.count else { return nil }
        return Self.byKey[Int(rawValue)]
    }

    private static let byKey: [Facts?] = {
        let last = all.map(\.key.rawValue).max() ?? 0
        var table = [Facts?](repeating: nil, count: Int(last) + 1)
        for facts in all { table[Int(facts.key.rawValue)] = facts }
        return table
    }()

    /// Whether messages of this API and version use compact lengths and flexible headers. False for
    /// an unknown key.
    public func isFlexible(_ version: Int16) -> Bool {
        facts?.firstFlexibleVersion.map { version >= $0 } ?? false
    }

    /// The version of the header before a request of this API and version.
    public func requestHeaderVersion(_ version: Int16) -> Int16 { isFlexible(version) ? 2 : 1 }

    /// The version of the header before a response. ApiVersions keeps the oldest form at all
    /// versions: a client that has just connected cannot know yet what the other side understands
    /// (KIP-511).
    public func responseHeaderVersion(_ version: Int16) -> Int16 {
        self == .apiVersions ? 0 : isFlexible(version) ? 1 : 0
    }
}

extension ApiKey: CustomStringConvertible {
    /// Kafka's name, or `UNKNOWN(n)`.
    public var description: String { facts?.name ?? "UNKNOWN(\(rawValue))" }
}
