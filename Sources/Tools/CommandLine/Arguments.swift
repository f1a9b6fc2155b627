/// The flags a user gave, checked against those a tool has.
///
/// Written as Kafka's tools take them: `--name value`, `--name=value`, `-x value`; `--` ends the flags.
struct Arguments: Sendable {
    private var valuesByName: [String: [String]] = [:]
    /// What is not a flag: subcommands.
    private(set) var positionals: [String] = []
    /// Older names that were used, with the new one.
    private(set) var outdated: [(old: String, new: String)] = []

    /// - Throws: `usage` for an unknown, gone, valueless or missing flag.
    init(
        _ words: [String], flags: [Flag], positionalsMax: Int = 0
    ) throws(ToolFailure) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positionals += rest
                break
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                positionals.append(word)
                continue
            }
            try take(word, &rest, flags)
        }
        guard positionals.count <= positionalsMax else {
            throw .usage("\(positionals[positionalsMax]) is not an option")
        }
        if isHelpWanted || has("version") { return }
        for flag in flags where flag.isRequired && valuesByName[flag.name] == nil {
            throw .usage("Missing required argument \"[\(flag.name)]\"")
        }
    }

    private mutating func take(
        _ word: String, _ rest: inout ArraySlice<String>, _ flags: [Flag]
    ) throws(ToolFailure) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let given = String(parts[0])
        guard let flag = Self.find(given, flags) else {
            throw .usage("\(given.drop { $0 == "-" }) is not a recognized option")
        }
        if given.hasPrefix("--"), given.dropFirst(2) != flag.name {
            outdated.append((given, "--\(flag.name)"))
        }
        let attached = parts.count > 1 ? String(parts[1]) : nil
        switch flag.kind {
        case .gone(let instead):
            throw .usage("\(given) is gone: use \(instead)")
        case .onOff:
            guard attached == nil else { throw .usage("\(given) takes no value") }
            valuesByName[flag.name] = []
        case .value, .values:
            guard let value = attached ?? Self.next(&rest) else {
                throw .usage("Option \(flag.name) requires an argument")
            }
            if case .value = flag.kind { valuesByName[flag.name] = [] }
            valuesByName[flag.name, default: []].append(value)
        case .optional:
            valuesByName[flag.name] = []
            if let value = attached ?? Self.next(&rest) { valuesByName[flag.name] = [value] }
        case .list:
            var values = attached.map { [$0] } ?? []
            while let first = rest.first, !first.hasPrefix("--") {
                values.append(first)
                rest.removeFirst()
            }
            guard !values.isEmpty else {
                throw .usage("Option \(flag.name) requires an argument")
            }
            valuesByName[flag.name, default: []] += values
        }
    }

    private static func find(_ word: String, _ flags: [Flag]) -> Flag? {
        if word.hasPrefix("--") {
            let name = String(word.dropFirst(2))
            return flags.first { $0.name == name || $0.aliases.contains(name) }
        }
        let name = word.dropFirst()
        guard name.count == 1, let letter = name.first else { return nil }
        return flags.first { $0.letter == letter }
    }

    /// The next word as a value: not a flag, unless it is a negative number.
    private static func next(_ rest: inout ArraySlice<String>) -> String? {
        guard let word = rest.first else { return nil }
        if word.hasPrefix("-"), word.count > 1, Int64(word) == nil { return nil }
        return rest.popFirst()
    }

    // MARK: Reading

    /// Whether the flag was given.
    func has(_ name: String) -> Bool { valuesByName[name] != nil }

    var isHelpWanted: Bool { has("help") }

    /// The flag's last value.
    func value(_ name: String) -> String? { valuesByName[name]?.last }

    /// All values of the flag.
    func values(_ name: String) -> [String] { valuesByName[name] ?? [] }

    /// The flag's value as a whole number within `range`.
    func number(
        _ name: String, in range: ClosedRange<Int64> = .min ... .max
    ) throws(ToolFailure) -> Int64? {
        guard let text = value(name) else { return nil }
        guard let number = Int64(text) else {
            throw .usage("Cannot parse argument '\(text)' of option \(name): not a number")
        }
        guard range.contains(number) else {
            throw .usage(
                "Argument \(number) of option \(name) is not between \(range.lowerBound) and "
                    + "\(range.upperBound)")
        }
        return number
    }

    /// The flag's value, which must be given.
    func required(_ name: String) throws(ToolFailure) -> String {
        guard let value = value(name) else {
            throw .usage("Missing required argument \"[\(name)]\"")
        }
        return value
    }

    /// Throws if both were given.
    func exclude(_ a: String, _ b: String) throws(ToolFailure) {
        if has(a), has(b) { throw .usage("Option \"[\(a)]\" can't be used with option \"[\(b)]\"") }
    }

    /// Which one of `names` was given. Throws for none and for several.
    func only(of names: [String]) throws(ToolFailure) -> String {
        let given = names.filter(has)
        let all = names.map { "--\($0)" }.joined(separator: ", ")
        guard let first = given.first, given.count == 1 else {
            throw .usage("Command must include exactly one action: \(all)")
        }
        return first
    }
}
