/// The name of a request that waits for its answer. Whoever began it gives it, and gets it back with the answer.
package struct Ticket: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
