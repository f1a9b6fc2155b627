/// A node of the cluster: broker, controller or both share one number space (`node.id`).
public struct BrokerID: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// -1, which the wire uses for "nobody".
    public static let none = BrokerID(-1)
}

/// A position in a log. `logEndOffset` is the next offset to write.
public struct Offset: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int64
    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    @inlinable public static func + (a: Self, b: Int64) -> Self { Self(a.rawValue + b) }
    @inlinable public static func - (a: Self, b: Int64) -> Self { Self(a.rawValue - b) }
    @inlinable public static func - (a: Self, b: Self) -> Int64 { a.rawValue - b.rawValue }
    @inlinable public var next: Self { Self(rawValue + 1) }

    public static let zero = Offset(0)
    /// -1, which the wire uses for "unknown".
    public static let none = Offset(-1)
}

/// Which leadership of a partition: followers truncate by it, clients are fenced by it (KIP-101, 320).
public struct LeaderEpoch: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    @inlinable public var next: Self { Self(rawValue + 1) }

    public static let zero = LeaderEpoch(0)
    /// -1: no check wanted, or unknown.
    public static let none = LeaderEpoch(-1)
}

/// Which leadership of the metadata quorum (Raft §5.1). The wire calls it the leader epoch.
public struct Term: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    @inlinable public var next: Self { Self(rawValue + 1) }

    public static let zero = Term(0)
}

/// Version of a partition's state at the controller; every change raises it by one.
public struct PartitionEpoch: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    @inlinable public var next: Self { Self(rawValue + 1) }

    public static let zero = PartitionEpoch(0)
}

/// Which registration of a broker: the offset of its registration record in the metadata log.
public struct BrokerEpoch: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int64
    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// -1: unknown, or from a sender that has none.
    public static let none = BrokerEpoch(-1)
}

/// An idempotent or transactional producer (KIP-98).
public struct ProducerID: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int64
    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// -1: the batch has no producer id.
    public static let none = ProducerID(-1)
}
