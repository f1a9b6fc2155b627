/// Why a value is refused: the key, the value and what is allowed, in one line.
package struct SettingProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let name: String
    /// As it was written; nil if the setting is missing.
    package let value: String?
    /// What would have been right.
    package let allowed: String
    /// Of what kind of thing the setting would be, if it is none.
    private var unknownTo: String?

    package init(_ name: String, value: String?, allowed: String) {
        self.name = name
        self.value = value
        self.allowed = allowed
    }

    /// A topic has no such setting.
    ///
    /// - Parameter nearest: the name that may be meant.
    package init(unknownToTopics name: String, nearest: String?) {
        self.init(unknownTo: "topic", name, nearest)
    }

    /// A group has no such setting.
    ///
    /// - Parameter nearest: the name that may be meant.
    package init(unknownToGroups name: String, nearest: String?) {
        self.init(unknownTo: "group", name, nearest)
    }

    private init(unknownTo kind: String, _ name: String, _ nearest: String?) {
        self.init(
            name, value: nil,
            allowed: "a known \(kind) configuration" + (nearest.map { ", perhaps \($0)" } ?? ""))
        unknownTo = kind
    }

    /// `Invalid value 12 for configuration log.segment.bytes: must be int, at least 1048576`.
    package var description: String {
        if let unknownTo {
            return "Unknown \(unknownTo) config name: \(name); must be \(allowed)"
        }
        guard let value else { return "Missing configuration \(name): must be \(allowed)" }
        return "Invalid value \(value) for configuration \(name): must be \(allowed)"
    }
}

/// Everything wrong with a configuration, in the order of the table; never empty.
package struct InvalidConfiguration: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [SettingProblem]

    package init(_ problems: [SettingProblem]) {
        precondition(!problems.isEmpty, "a refusal has a reason")
        self.problems = problems
    }

    /// One line for each problem.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

extension InvalidConfiguration {
    /// The canonical texts of `overrides`: each is checked alone, in the order of names, and if nothing is wrong then,
    /// all together.
    static func accept(
        _ overrides: [String: String],
        each: (_ name: String, _ value: String) throws(SettingProblem) -> String,
        together: ([String: String]) -> [SettingProblem]
    ) throws(InvalidConfiguration) -> [String: String] {
        var problems: [SettingProblem] = []
        var accepted: [String: String] = [:]
        for (name, value) in overrides.sorted(by: { $0.key < $1.key }) {
            do throws(SettingProblem) {
                accepted[name] = try each(name, value)
            } catch {
                problems.append(error)
            }
        }
        if problems.isEmpty { problems = together(accepted) }
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        return accepted
    }
}
