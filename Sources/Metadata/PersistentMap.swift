/// A sorted map whose copies share what they have in common.
///
/// The cluster's metadata is published to every loop after each batch of records, and the controller works
/// on a provisional copy beside the committed one. So a copy must cost nothing and a change must cost what
/// changed: this is a B+tree of Swift arrays, where a copy is one retain and a change copies the nodes on
/// one path, and only if somebody else still looks at them. A map nobody shares is changed in place.
///
/// Invariants: keys ascend in each node; a branch has one separator less than children, and separator `i`
/// is above every key left of it and at or below every key right of it; no node but the root is empty;
/// all leaves lie at the same depth.
package struct PersistentMap<Key: OrderedKey, Value: Sendable>: Sendable {
    private var root = MapNode<Key, Value>()

    /// Number of entries.
    package private(set) var count = 0

    /// An empty map.
    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The value of `key`. Setting it to nil removes the entry.
    package subscript(key: Key) -> Value? {
        get { root.value(for: key) }
        set {
            if let newValue { set(newValue, for: key) } else { remove(key) }
        }
    }

    /// Whether there is an entry for `key`.
    package func contains(_ key: Key) -> Bool { root.value(for: key) != nil }

    /// Enters `value` under `key`.
    ///
    /// - Returns: the value it replaced.
    @discardableResult
    package mutating func set(_ value: Value, for key: Key) -> Value? {
        var split: MapNode<Key, Value>.Split?
        let old = root.set(value, for: key, split: &split)
        if let split {
            let left = root
            root = MapNode(children: [left, split.right], separators: [split.separator])
        }
        if old == nil { count += 1 }
        return old
    }

    /// Removes the entry of `key`.
    ///
    /// - Returns: the value it had.
    @discardableResult
    package mutating func remove(_ key: Key) -> Value? {
        guard let old = root.remove(key) else { return nil }
        while root.children.count == 1 { root = root.children[0] }
        count -= 1
        return old
    }

    /// Changes the value of `key` where it lies. Nil, and `body` not run, if there is none.
    @discardableResult
    package mutating func modify<R, E: Error>(
        _ key: Key, _ body: (inout Value) throws(E) -> R
    ) throws(E) -> R? {
        try root.modify(key, body)
    }

    /// The entry with the smallest key.
    package var first: (key: Key, value: Value)? {
        var entries = makeIterator()
        return entries.next()
    }

    /// The entry with the greatest key.
    package var last: (key: Key, value: Value)? { root.last }
}

extension PersistentMap: Sequence {
    /// Entries in ascending order of key, from the state of the map when it was made.
    package struct Iterator: IteratorProtocol {
        fileprivate var path: [(node: MapNode<Key, Value>, next: Int)]

        package mutating func next() -> (key: Key, value: Value)? {
            while let (node, index) = path.last {
                guard index < node.width else {
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                if node.isLeaf { return (node.keys[index], node.values[index]) }
                path.append((node.children[index], 0))
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(path: [(root, 0)]) }

    package var underestimatedCount: Int { count }

    /// Entries whose key is `start` or comes after it, ascending. Finding the first costs one look-up.
    package func entries(from start: Key) -> IteratorSequence<Iterator> {
        var path: [(node: MapNode<Key, Value>, next: Int)] = []
        var node = root
        while !node.isLeaf {
            let index = node.child(holding: start)
            path.append((node, index + 1))
            node = node.children[index]
        }
        path.append((node, node.lowerBound(of: start)))
        return IteratorSequence(Iterator(path: path))
    }

    /// All keys, ascending.
    package var keys: [Key] { map { $0.key } }

    /// All values, in the order of their keys.
    package var values: [Value] { map { $0.value } }
}

extension PersistentMap: Equatable where Value: Equatable {
    package static func == (a: Self, b: Self) -> Bool {
        guard a.count == b.count else { return false }
        var others = b.makeIterator()
        for entry in a {
            guard let other = others.next() else { return false }
            guard entry.key == other.key else { return false }
            guard entry.value == other.value else { return false }
        }
        return true
    }
}

extension PersistentMap: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (Key, Value)...) {
        for (key, value) in elements { set(value, for: key) }
    }
}
