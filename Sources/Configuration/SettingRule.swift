/// What a setting's value must satisfy beyond its kind.
package enum SettingRule: Sendable {
    case any
    case atLeast(Int64)
    /// A whole number in the range, or the one exception outside it.
    case within(ClosedRange<Int64>, or: Int64? = nil)
    case fraction(ClosedRange<Double>)
    case oneOf([String])
    case oneOfAnyCase([String])
    /// Each entry is one of these; `mayBeEmpty` where an empty list has a meaning.
    case listOf([String], mayBeEmpty: Bool = false)
    /// No entry is blank.
    case listOfNonEmpty
    case notBlank
    /// `partition:broker,…`, or `*` for all (KIP-73).
    case throttledReplicas
    /// `latest`, `earliest` or `by_duration:` with an ISO-8601 duration (KIP-1106).
    case offsetReset

    /// What is allowed, for an operator; nil if everything of the kind is.
    package var allowed: String? {
        switch self {
        case .any: nil
        case .atLeast(let least): "at least \(least)"
        case .within(let range, let exception):
            "from \(range.lowerBound) to \(range.upperBound)"
                + (exception.map { " or \($0)" } ?? "")
        case .fraction(let range): "from \(range.lowerBound) to \(range.upperBound)"
        case .oneOf(let words), .oneOfAnyCase(let words):
            "one of \(words.joined(separator: ", "))"
        case .listOf(let words, let mayBeEmpty):
            "made of \(words.joined(separator: ", "))" + (mayBeEmpty ? ", or empty" : ", not empty")
        case .listOfNonEmpty: "without blank entries"
        case .notBlank: "not blank"
        case .throttledReplicas: "partition:broker,partition:broker,… or *"
        case .offsetReset: "latest, earliest or by_duration:PnDTnHnMn.nS"
        }
    }

    /// Whether `text`, canonical for its kind, satisfies the rule.
    func isSatisfied(by text: String) -> Bool {
        switch self {
        case .any: true
        case .atLeast(let least): Int64(text).map { $0 >= least } ?? false
        case .within(let range, let exception):
            Int64(text).map { range.contains($0) || $0 == exception } ?? false
        case .fraction(let range): Double(text).map { range.contains($0) } ?? false
        case .oneOf(let words): words.contains(text)
        case .oneOfAnyCase(let words):
            words.contains { $0.lowercased() == text.lowercased() }
        case .listOf(let words, let mayBeEmpty):
            text.isEmpty ? mayBeEmpty : SettingKind.entries(text).allSatisfy(words.contains)
        case .listOfNonEmpty: SettingKind.entries(text).allSatisfy { !$0.isEmpty }
        case .notBlank: !text.trimmed.isEmpty
        case .throttledReplicas: Self.areThrottledReplicas(text)
        case .offsetReset: Self.isOffsetReset(text)
        }
    }

    private static func areThrottledReplicas(_ text: String) -> Bool {
        if text == "*" || text == "none" { return true }
        return SettingKind.entries(text).allSatisfy { entry in
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { Int32($0).map { $0 >= 0 } ?? false }
        }
    }

    private static func isOffsetReset(_ text: String) -> Bool {
        if text == "latest" || text == "earliest" { return true }
        guard text.hasPrefix("by_duration:P") else { return false }
        let body = text.dropFirst("by_duration:P".count)
        return !body.isEmpty && body.allSatisfy { "0123456789.DTHMS".contains($0) }
    }
}
