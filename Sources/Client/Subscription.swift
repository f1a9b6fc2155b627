internal import Model

/// Which topics a member of a group reads.
public enum Subscription: Hashable, Sendable {
    case topics([String])
    /// Every topic whose whole name matches; new ones join by themselves. Under the protocol `consumer` the
    /// coordinator matches, by RE2.
    case pattern(String)
}

/// A subscription in use.
struct SubscribedTopics {
    let subscription: Subscription
    private let regex: Regex<AnyRegexOutput>?

    /// - Throws: `invalidPattern` for a pattern that is not one.
    init(_ subscription: Subscription) throws(ClientError) {
        switch subscription {
        case .topics(let names):
            self.subscription = .topics(Set(names).sorted())
            regex = nil
        case .pattern(let text):
            self.subscription = subscription
            do { regex = try Regex(text) } catch { throw .invalidPattern(text) }
        }
    }

    /// The topics as far as the layout tells, ascending. Topics that are named count even if they are not
    /// known yet; internal topics match no pattern.
    func names(_ metadata: MetadataCache) -> [String] {
        guard let regex else {
            guard case .topics(let names) = subscription else { return [] }
            return names
        }
        return metadata.topics.values.filter { topic in
            guard !topic.isInternal else { return false }
            // A pattern whose evaluation fails matches nothing.
            do { return try regex.wholeMatch(in: topic.name) != nil } catch { return false }
        }.map(\.name).sorted()
    }
}
