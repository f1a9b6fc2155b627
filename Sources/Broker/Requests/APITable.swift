internal import Bytes
internal import Wire

/// One served API: dispatch, the ApiVersions answer and the metrics' names all derive from its entry.
struct APIEntry: Sendable {
    let key: ApiKey
    let versions: ClosedRange<Int16>
    /// The lowest version that ApiVersions shows, where that is not the lowest that is served.
    let shownFrom: Int16
    let listeners: [ListenerKind]
    let handle: @Sendable (RequestScope) throws(DecodeError) -> Void

    init(
        _ key: ApiKey, _ versions: ClosedRange<Int16>, shownFrom: Int16? = nil,
        on listeners: [ListenerKind],
        _ handle: @escaping @Sendable (RequestScope) throws(DecodeError) -> Void
    ) {
        self.key = key
        self.versions = versions
        self.shownFrom = shownFrom ?? versions.lowerBound
        self.listeners = listeners
        self.handle = handle
    }
}

/// The APIs this build serves. What is not in it is not advertised.
struct APITable: Sendable {
    let entries: [APIEntry]
    private let byKey: [Int]

    init(_ entries: [APIEntry]) {
        self.entries = entries.sorted { $0.key.rawValue < $1.key.rawValue }
        var index = [Int](repeating: -1, count: 128)
        for (position, entry) in self.entries.enumerated() {
            precondition(index[Int(entry.key.rawValue)] < 0, "an API stands in the table once")
            index[Int(entry.key.rawValue)] = position
        }
        byKey = index
    }

    func entry(_ key: ApiKey, on listener: ListenerKind) -> APIEntry? {
        guard byKey.indices.contains(Int(key.rawValue)), byKey[Int(key.rawValue)] >= 0 else {
            return nil
        }
        let entry = entries[byKey[Int(key.rawValue)]]
        return entry.listeners.contains(listener) ? entry : nil
    }
}
