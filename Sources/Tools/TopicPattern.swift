/// Topics by regular expression, as Kafka's tools take them: a comma separates alternatives, and the whole
/// name must match.
struct TopicPattern {
    private let regex: Regex<AnyRegexOutput>
    private let text: String

    init(_ text: String) throws(ToolFailure) {
        self.text = text
        do { regex = try Regex(Self.cleaned(text)) } catch {
            throw .failed("\(text) is an invalid regex.")
        }
    }

    /// The expression that is meant.
    static func cleaned(_ text: String) -> String {
        text.split(separator: ",").map {
            $0.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        }.joined(separator: "|")
    }

    func matches(_ name: String) -> Bool {
        if name == text { return true }
        do { return try regex.wholeMatch(in: name) != nil } catch { return false }
    }
}

/// Topics that the cluster keeps for itself.
enum InternalTopics {
    static let names: Set<String> = [
        "__consumer_offsets", "__transaction_state", "__share_group_state",
    ]
}
