/// A leaf or a branch of a `PersistentMap`: arrays only, so that Swift's own copy-on-write is the sharing.
struct MapNode<Key: OrderedKey, Value: Sendable>: Sendable {
    /// Entries of a leaf, children of a branch, at most. Wide enough for a shallow tree, narrow enough that
    /// copying a path stays well under a microsecond per level.
    static var widthMax: Int { 32 }
    /// Below this a node takes from a neighbour, or is joined to it if both fit into one.
    static var widthMin: Int { 8 }

    /// In a leaf the keys of `values`; in a branch the separators between `children`.
    private(set) var keys: [Key] = []
    private(set) var values: [Value] = []
    private(set) var children: [MapNode] = []

    /// The right part of a node that grew too wide, and the smallest key it may hold.
    struct Split {
        let separator: Key
        let right: MapNode
    }

    /// An empty leaf.
    init() {}

    /// A branch.
    init(children: [MapNode], separators: [Key]) {
        precondition(separators.count == children.count - 1, "one separator between two children")
        self.children = children
        keys = separators
    }

    var isLeaf: Bool { children.isEmpty }

    /// Entries of a leaf, children of a branch.
    var width: Int { isLeaf ? keys.count : children.count }

    var last: (key: Key, value: Value)? {
        if let child = children.last { return child.last }
        guard let key = keys.last, let value = values.last else { return nil }
        return (key, value)
    }

    /// The first index whose key is not before `key`.
    func lowerBound(of key: Key) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if Key.isOrdered(keys[middle], before: key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The child of a branch whose range holds `key`: as many as there are separators at or below it.
    func child(holding key: Key) -> Int {
        let index = lowerBound(of: key)
        return index < keys.count && keys[index] == key ? index + 1 : index
    }

    func value(for key: Key) -> Value? {
        guard isLeaf else { return children[child(holding: key)].value(for: key) }
        let index = lowerBound(of: key)
        guard index < keys.count, keys[index] == key else { return nil }
        return values[index]
    }

    mutating func modify<R, E: Error>(
        _ key: Key, _ body: (inout Value) throws(E) -> R
    ) throws(E) -> R? {
        guard isLeaf else { return try children[child(holding: key)].modify(key, body) }
        let index = lowerBound(of: key)
        guard index < keys.count, keys[index] == key else { return nil }
        return try body(&values[index])
    }

    mutating func set(_ value: Value, for key: Key, split: inout Split?) -> Value? {
        guard isLeaf else {
            let index = child(holding: key)
            var below: Split?
            let old = children[index].set(value, for: key, split: &below)
            if let below {
                keys.insert(below.separator, at: index)
                children.insert(below.right, at: index + 1)
                if width > Self.widthMax { split = halveBranch(appended: index + 2 == width) }
            }
            return old
        }
        let index = lowerBound(of: key)
        if index < keys.count, keys[index] == key {
            let old = values[index]
            values[index] = value
            return old
        }
        keys.insert(key, at: index)
        values.insert(value, at: index)
        if width > Self.widthMax { split = halveLeaf(appended: index + 1 == width) }
        return nil
    }

    /// Keys that arrive in order leave full nodes behind: then only the newest moves to the right.
    private mutating func halveLeaf(appended: Bool) -> Split {
        let cut = appended ? keys.count - 1 : keys.count / 2
        var right = MapNode()
        right.keys = Array(keys[cut...])
        right.values = Array(values[cut...])
        keys.removeSubrange(cut...)
        values.removeSubrange(cut...)
        return Split(separator: right.keys[0], right: right)
    }

    /// A branch keeps at least two children, so that one of them can always be joined to the other.
    private mutating func halveBranch(appended: Bool) -> Split {
        let cut = appended ? children.count - 2 : children.count / 2
        let right = MapNode(children: Array(children[cut...]), separators: Array(keys[cut...]))
        let separator = keys[cut - 1]
        children.removeSubrange(cut...)
        keys.removeSubrange((cut - 1)...)
        return Split(separator: separator, right: right)
    }

    mutating func remove(_ key: Key) -> Value? {
        guard isLeaf else {
            let index = child(holding: key)
            guard let old = children[index].remove(key) else { return nil }
            if children[index].width < Self.widthMin { tidy(around: index) }
            return old
        }
        let index = lowerBound(of: key)
        guard index < keys.count, keys[index] == key else { return nil }
        keys.remove(at: index)
        return values.remove(at: index)
    }

    /// Joins a narrow child to a neighbour, and halves what that makes if it is too wide for one node.
    private mutating func tidy(around index: Int) {
        precondition(children.count > 1, "a branch has at least two children")
        let left = index > 0 ? index - 1 : index
        let right = children.remove(at: left + 1)
        let separator = keys.remove(at: left)
        children[left].absorb(right, separator: separator)
        guard children[left].width > Self.widthMax else { return }
        let split = children[left].halve()
        keys.insert(split.separator, at: left)
        children.insert(split.right, at: left + 1)
    }

    private mutating func halve() -> Split {
        isLeaf ? halveLeaf(appended: false) : halveBranch(appended: false)
    }

    private mutating func absorb(_ right: MapNode, separator: Key) {
        if isLeaf {
            keys += right.keys
            values += right.values
        } else {
            keys.append(separator)
            keys += right.keys
            children += right.children
        }
    }
}
