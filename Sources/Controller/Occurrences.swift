/// How often each key stands in a request: what is named twice is refused, and a request may name a million.
struct Occurrences<Key: Hashable> {
    private var counts: [Key: Int] = [:]

    init(_ keys: some Sequence<Key>) {
        for key in keys { counts[key, default: 0] += 1 }
    }

    func isRepeated(_ key: Key) -> Bool { counts[key, default: 0] > 1 }
}
