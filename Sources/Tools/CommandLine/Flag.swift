/// One flag of a tool, as its help shows it.
struct Flag: Sendable {
    enum Kind: Sendable, Hashable {
        /// Present or not.
        case onOff
        /// With a value; given again, the last counts.
        case value(String)
        /// With a value; may be given several times.
        case values(String)
        /// With a value or without.
        case optional(String)
        /// With one or more values, up to the next flag.
        case list(String)
        /// No longer there; the text says what to use.
        case gone(insteadUse: String)
    }

    /// Without dashes.
    let name: String
    let kind: Kind
    let help: String
    /// One letter, with one dash.
    let letter: Character?
    /// Older names, without dashes, still taken.
    let aliases: [String]
    let isRequired: Bool

    init(
        _ name: String, _ kind: Kind, _ help: String, letter: Character? = nil,
        aliases: [String] = [], isRequired: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.letter = letter
        self.aliases = aliases
        self.isRequired = isRequired
    }

    /// A flag without a value.
    init(_ name: String, _ help: String, letter: Character? = nil, aliases: [String] = []) {
        self.init(name, .onOff, help, letter: letter, aliases: aliases)
    }

    /// As help shows it: `--topic <String: topic>`.
    var usage: String {
        let names = letter.map { "-\($0), --\(name)" } ?? "--\(name)"
        switch kind {
        case .onOff, .gone: return names
        case .value(let what), .values(let what): return "\(names) <\(what)>"
        case .optional(let what): return "\(names) [\(what)]"
        case .list(let what): return "\(names) <\(what)>..."
        }
    }
}

extension Flag {
    static let bootstrapServer = Flag(
        "bootstrap-server", .value("host:port,..."), "Brokers to connect to.",
        aliases: ["broker-list"])
    static let bootstrapController = Flag(
        "bootstrap-controller", .value("host:port,..."),
        "Controllers to connect to, instead of brokers.")
    static let commandConfig = Flag(
        "command-config", .value("file"), "Client properties.",
        aliases: ["admin.config", "config-file"])
    static let producerConfig = Flag(
        "command-config", .value("file"), "Producer properties.", aliases: ["producer.config"])
    static let consumerConfig = Flag(
        "command-config", .value("file"), "Consumer properties.", aliases: ["consumer.config"])
    static let zookeeper = Flag("zookeeper", .gone(insteadUse: "--bootstrap-server"), "")
    static let timeout = Flag(
        "timeout-ms", .value("ms"), "How long to wait for the cluster.", aliases: ["timeout"])
}
