internal import Bytes
internal import Client
internal import Configuration
internal import Model
internal import Platform
internal import Records

/// `kafka-console-consumer`: prints the records of topics.
enum ConsoleConsumer: Tool {
    static let name = "console-consumer"
    static let summary = "Read data from topics and print it."
    static let heedsInterruption = true
    static let flags = [
        Flag.bootstrapServer, Flag.zookeeper,
        Flag.consumerConfig,
        Flag(
            "command-property", .values("k=v"), "A consumer property.",
            aliases: ["consumer-property"]),
        Flag("topic", .value("name"), "The topic to read."),
        Flag("include", .value("regex"), "Topics to read.", aliases: ["whitelist"]),
        Flag("partition", .value("number"), "Only this partition."),
        Flag("offset", .value("offset"), "Where to begin: a number, earliest or latest."),
        Flag("from-beginning", "Begin with the oldest record."),
        Flag("max-messages", .value("number"), "End after so many."),
        Flag("timeout-ms", .value("ms"), "End if no record comes for so long."),
        Flag(
            "group", .value("id"),
            "Read as a member of this group, and commit what was printed. Without it all partitions "
                + "are read."),
        Flag("isolation-level", .value("level"), "read_committed or read_uncommitted."),
        Flag("formatter", .value("class"), "Only the default, or NoOpMessageFormatter."),
        Flag(
            "formatter-property", .values("k=v"), "How records are printed.",
            aliases: ["property"]),
        Flag("formatter-config", .value("file"), "How records are printed, as properties."),
        Flag("key-deserializer", .value("class"), "No effect: bytes are printed as they are."),
        Flag("value-deserializer", .value("class"), "No effect: bytes are printed as they are."),
        Flag("skip-message-on-error", "Go on after a record that cannot be read."),
        Flag("enable-systest-events", "No effect; kept for scripts."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let format = try RecordFormat(arguments, host)
        let start = try start(arguments)
        let limit = try arguments.number("max-messages", in: 0 ... .max)
        let patience = try arguments.number("timeout-ms", in: 0...Int64(Int32.max))
        var settings = ConsumerConfiguration()
        settings.offsetReset = start.reset
        let properties = try host.clientProperties(arguments)
        try settings.apply(properties)
        try settings.apply(group: properties, named: try group(arguments, properties))
        if let level = arguments.value("isolation-level") {
            settings.isolationLevel = try ConsumerConfiguration.isolation(level)
        }
        let client = try host.clientConfiguration(arguments)
        let admin = try await host.admin(arguments)
        let partitions =
            settings.group == nil ? try await partitions(arguments, admin, host) : []
        await admin.close()

        let consumer = Consumer(client, consumer: settings, runtime: try host.runtime())
        Interruption.onEach { Task { await consumer.close() } }
        if settings.group == nil {
            await consumer.assign(partitions.map { (partition: $0, start: start.position) })
        } else {
            let subscription = try subscription(arguments)
            try await reporting { () async throws(ClientError) in
                try await consumer.subscribe(subscription)
            }
        }
        var printer = Printer(
            format: format, isSilent: arguments.value("formatter")?.contains("NoOp") == true,
            limit: limit, skipsDamage: arguments.has("skip-message-on-error"), output: host.output)
        let wait = patience.map { Duration.milliseconds($0) }
        let code = await printer.run(consumer, patience: wait)
        host.output.error("Processed a total of \(printer.count) messages")
        // Whoever interrupted has asked to close already; the group must hear of it before the process ends.
        if Interruption.hasCome {
            await consumer.waitUntilClosed()
        } else {
            await consumer.close()
        }
        return code
    }

    private struct Start {
        let position: StartPosition
        let reset: OffsetReset
    }

    private static func start(_ arguments: Arguments) throws(ToolFailure) -> Start {
        try arguments.exclude("topic", "include")
        guard arguments.has("topic") || arguments.has("include") else {
            throw .usage("Exactly one of --include/--topic is required.")
        }
        if arguments.has("partition"), !arguments.has("topic") {
            throw .usage("The topic is required when partition is specified.")
        }
        if arguments.has("offset"), !arguments.has("partition") {
            throw .usage("The partition is required when offset is specified.")
        }
        if arguments.has("offset"), arguments.has("from-beginning") {
            throw .usage("from-beginning and offset cannot be specified together.")
        }
        let reset: OffsetReset = arguments.has("from-beginning") ? .earliest : .latest
        guard let text = arguments.value("offset") else {
            return Start(position: .reset(reset), reset: reset)
        }
        switch text.lowercased() {
        case "earliest": return Start(position: .reset(.earliest), reset: .earliest)
        case "latest": return Start(position: .reset(.latest), reset: .latest)
        default:
            guard let offset = Int64(text), offset >= 0 else {
                throw .usage(
                    "The provided offset value '\(text)' is incorrect. Valid values are "
                        + "'earliest', 'latest', or a non-negative long.")
            }
            return Start(position: .offset(Offset(offset)), reset: .latest)
        }
    }

    /// The group to be a member of, nil for none.
    private static func group(
        _ arguments: Arguments, _ properties: Properties
    ) throws(ToolFailure) -> String? {
        let named = properties["group.id"]
        if let given = arguments.value("group"), let named, given != named {
            throw .usage(
                "The group ids provided in different places (directly using '--group', via "
                    + "'--command-property', or via '--command-config') do not match. Detected group "
                    + "ids: '\(given)', '\(named)'")
        }
        let group = arguments.value("group") ?? named
        if group != nil, arguments.has("partition") {
            throw .usage("Options group and partition cannot be specified together.")
        }
        return group
    }

    private static func subscription(_ arguments: Arguments) throws(ToolFailure) -> Subscription {
        if let text = arguments.value("include") {
            return .pattern(TopicPattern.cleaned(text))
        }
        return .topics([try arguments.required("topic")])
    }

    private static func partitions(
        _ arguments: Arguments, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) -> [TopicPartition] {
        if let text = arguments.value("include") {
            let pattern = try TopicPattern(text)
            let topics = try await reporting { () async throws(ClientError) in
                try await admin.listTopics()
            }
            let chosen = topics.filter { pattern.matches($0.name) && !$0.isInternal }
            guard !chosen.isEmpty else { throw .failed("no topic matches \(text)") }
            return chosen.flatMap { topic in
                topic.partitions.map { TopicPartition(topic.name, $0.partition) }
            }
        }
        let topic = try arguments.required("topic")
        let found = try await reporting { () async throws(ClientError) in
            try await admin.describeTopics([topic])
        }
        guard case .success(let description)? = found.first?.result else {
            throw .failed("Topic '\(topic)' does not exist: make it with martlet topics --create")
        }
        let all = description.partitions.map { TopicPartition(topic, $0.partition) }
        guard let number = try arguments.number("partition", in: 0...Int64(Int32.max)) else {
            return all
        }
        let wanted = TopicPartition(topic, Int32(number))
        guard all.contains(wanted) else {
            throw .failed(
                ClientError.unknownPartition(wanted, partitionCount: all.count).description)
        }
        return [wanted]
    }
}

/// Prints what comes until it is enough.
private struct Printer {
    let format: RecordFormat
    let isSilent: Bool
    let limit: Int64?
    let skipsDamage: Bool
    let output: ToolOutput
    private(set) var count: Int64 = 0

    init(
        format: RecordFormat, isSilent: Bool, limit: Int64?, skipsDamage: Bool, output: ToolOutput
    ) {
        self.format = format
        self.isSilent = isSilent
        self.limit = limit
        self.skipsDamage = skipsDamage
        self.output = output
    }

    private var isDone: Bool { limit.map { count >= $0 } ?? false }

    /// Until the limit is reached, nothing comes for `patience`, or the user ends it.
    mutating func run(_ consumer: Consumer, patience: Duration?) async -> Int32 {
        while !isDone {
            do {
                let chunks = try await consumer.pollChunks(timeout: patience ?? .seconds(600))
                if chunks.isEmpty, let patience {
                    output.error(
                        "Error processing message, terminating consumer process: no record for "
                            + "\(patience.inMilliseconds) ms")
                    return ExitCode.success
                }
                for chunk in chunks { try print(chunk) }
                output.flush()
            } catch {
                if case .closed = error, Interruption.hasCome { return ExitCode.interrupted }
                output.error("Error processing message: \(error.description)")
                guard skipsDamage, case .damagedBatch = error else { return ExitCode.failure }
            }
        }
        return ExitCode.success
    }

    private mutating func print(_ chunk: FetchedChunk) throws(ClientError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(isSilent ? 0 : chunk.size)
        var printed: Int64 = 0
        let allowed = limit.map { $0 - count } ?? .max
        let isSilent = isSilent
        let format = format
        defer {
            count += printed
            output.write(bytes)
        }
        try chunk.forEachRecord { record in
            guard printed < allowed else { return }
            printed += 1
            if !isSilent { format.append(record, to: &bytes) }
        }
    }
}

extension ConsumerConfiguration {
    static func isolation(_ text: String) throws(ToolFailure) -> IsolationLevel {
        switch text {
        case "read_uncommitted": return .readUncommitted
        case "read_committed": return .readCommitted
        default:
            throw .failed(
                "isolation level \(text): must be read_committed or read_uncommitted")
        }
    }
}
