package import Model

/// A key with one order that never changes: not from run to run, as Swift's hashes do, nor from node to
/// node. Everything that walks a map walks it in this order, so two nodes with equal images write equal
/// bytes.
package protocol OrderedKey: Equatable, Sendable {
    /// Whether `a` comes before `b`: a strict total order that agrees with `==`.
    static func isOrdered(_ a: Self, before b: Self) -> Bool
}

extension OrderedKey where Self: Comparable {
    package static func isOrdered(_ a: Self, before b: Self) -> Bool { a < b }
}

extension String: OrderedKey {}
extension Int32: OrderedKey {}
extension BrokerID: OrderedKey {}

extension UUID: OrderedKey {
    package static func isOrdered(_ a: Self, before b: Self) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }
}

extension TopicID: OrderedKey {
    package static func isOrdered(_ a: Self, before b: Self) -> Bool {
        UUID.isOrdered(a.uuid, before: b.uuid)
    }
}
