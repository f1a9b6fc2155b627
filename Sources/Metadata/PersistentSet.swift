/// A sorted set whose copies share what they have in common: a `PersistentMap` without values.
package struct PersistentSet<Element: OrderedKey>: Sendable, Equatable {
    private struct Present: Sendable, Equatable {}
    private var map = PersistentMap<Element, Present>()

    /// An empty set.
    package init() {}

    package var isEmpty: Bool { map.isEmpty }
    package var count: Int { map.count }

    /// Whether `element` is in the set.
    package func contains(_ element: Element) -> Bool { map.contains(element) }

    /// - Returns: whether it was not there before.
    @discardableResult
    package mutating func insert(_ element: Element) -> Bool {
        map.set(Present(), for: element) == nil
    }

    /// - Returns: whether it was there.
    @discardableResult
    package mutating func remove(_ element: Element) -> Bool { map.remove(element) != nil }

    /// All elements, ascending.
    package var elements: [Element] { map.keys }
}
