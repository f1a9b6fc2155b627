/// A point on the monotonic clock, in nanoseconds since an arbitrary start. Never shown, only compared.
public struct Instant: Hashable, Comparable, Sendable {
    public let nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    /// As late as can be told where the sum is later: a limit of "for ever" is a valid setting.
    @inlinable
    public static func + (a: Self, b: Duration) -> Self {
        let length = b.inNanoseconds
        let (sum, isTooLarge) = a.nanoseconds.addingReportingOverflow(length)
        return Self(nanoseconds: isTooLarge ? (length < 0 ? .min : .max) : sum)
    }
    @inlinable
    public static func - (a: Self, b: Self) -> Duration {
        let (length, isTooLarge) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
        return .nanoseconds(isTooLarge ? (a < b ? .min : .max) : length)
    }
    @inlinable
    public static func - (a: Self, b: Duration) -> Self {
        let length = b.inNanoseconds
        let (difference, isTooLarge) = a.nanoseconds.subtractingReportingOverflow(length)
        return Self(nanoseconds: isTooLarge ? (length < 0 ? .max : .min) : difference)
    }

    public static let zero = Instant(nanoseconds: 0)
    /// Later than anything: the deadline of what does not expire.
    public static let distantFuture = Instant(nanoseconds: .max)
}

/// A point on the wall clock, in milliseconds since 1970, as records carry it.
public struct Timestamp: Hashable, Comparable, Sendable, RawRepresentable {
    public let rawValue: Int64
    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// -1: no timestamp.
    public static let none = Timestamp(-1)
}

extension Duration {
    /// The length in whole nanoseconds; lengths of over 292 years count as 292 years.
    @inlinable
    public var inNanoseconds: Int64 {
        // Up to nine seconds one division of machine words does it.
        if let short = Int64(exactly: attoseconds) { return short / 1_000_000_000 }
        let (seconds, attoseconds) = components
        guard abs(seconds) < 9_223_372_036 else { return seconds < 0 ? .min : .max }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// The length in whole milliseconds.
    @inlinable
    public var inMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    @inlinable public static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    @inlinable public static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }
}
