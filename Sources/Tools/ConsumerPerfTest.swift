internal import Client
internal import Model
internal import Platform
internal import Records

/// `kafka-consumer-perf-test`: reads records as fast as they come.
enum ConsumerPerfTest: Tool {
    static let name = "consumer-perf-test"
    static let summary = "This tool is used to verify the consumer performance."
    static let heedsInterruption = true
    static let flags = [
        Flag.bootstrapServer,
        Flag.consumerConfig,
        Flag("command-property", .values("k=v"), "A consumer property."),
        Flag("topic", .value("name"), "The topic to read."),
        Flag("include", .value("regex"), "Topics to read."),
        Flag("num-records", .value("number"), "How many records.", aliases: ["messages"]),
        Flag("group", .value("id"), "No effect: partitions are assigned."),
        Flag("from-latest", "Begin at the end."),
        Flag("fetch-size", .value("bytes"), "Most bytes of a partition in an answer."),
        Flag("socket-buffer-size", .value("bytes"), "No effect: the kernel chooses."),
        Flag("timeout", .value("ms"), "End if no record comes for so long."),
        Flag("reporting-interval", .value("ms"), "How often to print."),
        Flag("show-detailed-stats", "Print while running."),
        Flag("hide-header", "Leave out the names of the columns."),
        Flag("print-metrics", "No effect: the broker has them."),
        Flag("date-format", .value("pattern"), "No effect: yyyy-MM-dd HH:mm:ss:SSS."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        guard let wanted = try arguments.number("num-records", in: 1 ... .max) else {
            throw .usage("Missing required argument \"[num-records]\"")
        }
        var settings = ConsumerConfiguration()
        settings.partitionMaxBytes = 1 << 20
        try settings.apply(try host.clientProperties(arguments))
        if let size = try arguments.number("fetch-size", in: 1...Int64(Int32.max)) {
            settings.partitionMaxBytes = Int(size)
        }
        let client = try host.clientConfiguration(arguments)
        let admin = try await host.admin(arguments)
        let partitions = try await partitions(arguments, admin)
        await admin.close()
        let run = ConsumerRun(
            wanted: wanted,
            timeout: .milliseconds(try arguments.number("timeout", in: 1...1 << 31) ?? 10_000),
            interval: .milliseconds(
                try arguments.number("reporting-interval", in: 1...1 << 31) ?? 5_000),
            isDetailed: arguments.has("show-detailed-stats"), output: host.output)
        if !arguments.has("hide-header") { run.printHeader() }
        let consumer = Consumer(client, consumer: settings, runtime: try host.runtime())
        let start: OffsetReset = arguments.has("from-latest") ? .latest : .earliest
        await consumer.assign(partitions.map { (partition: $0, start: .reset(start)) })
        let count = try await reporting { () async throws(ClientError) in
            try await run.read(consumer)
        }
        await consumer.close()
        if count < wanted {
            host.output.error(
                "WARNING: Exiting before consuming the expected number of records: timeout "
                    + "(\(run.timeout.inMilliseconds) ms) exceeded.")
        }
        return ExitCode.success
    }

    private static func partitions(
        _ arguments: Arguments, _ admin: Admin
    ) async throws(ToolFailure) -> [TopicPartition] {
        try arguments.exclude("topic", "include")
        guard let text = arguments.value("topic") ?? arguments.value("include") else {
            throw .usage("Exactly one of --include/--topic is required.")
        }
        let pattern = arguments.has("include") ? try TopicPattern(text) : nil
        let topics = try await reporting { () async throws(ClientError) in
            try await admin.listTopics()
        }
        let chosen = topics.filter { pattern?.matches($0.name) ?? ($0.name == text) }
        guard !chosen.isEmpty else { throw .failed("Topic '\(text)' does not exist") }
        return chosen.flatMap { topic in
            topic.partitions.map { TopicPartition(topic.name, $0.partition) }
        }
    }
}

/// One run of the consumer test, and its lines.
struct ConsumerRun: Sendable {
    let wanted: Int64
    let timeout: Duration
    let interval: Duration
    let isDetailed: Bool
    let output: ToolOutput

    /// Bytes taken from the client at a time.
    private static let takeBytes = 8 << 20

    func printHeader() {
        output.line(
            isDetailed
                ? "time, threadId, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, "
                    + "rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec"
                : "start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, "
                    + "nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec")
    }

    /// Reads until there is enough or nothing comes; answers with the number of records.
    func read(_ consumer: Consumer) async throws(ClientError) -> Int64 {
        let begin = SystemClock.monotonic()
        let beginTime = SystemClock.wall()
        var last = begin
        var counts = (records: Int64(0), bytes: Int64(0))
        var before = counts
        var reported = begin
        while counts.records < wanted, !Interruption.hasCome {
            let chunks = try await consumer.pollChunks(atMost: Self.takeBytes, timeout: timeout)
            if chunks.isEmpty { break }
            last = SystemClock.monotonic()
            for chunk in chunks {
                let found = try chunk.measure()
                counts.records += found.records
                counts.bytes += found.bytes
            }
            guard isDetailed, last - reported >= interval else { continue }
            line(
                "\(TimeText.render(SystemClock.wall())), 0", counts,
                (counts.records - before.records, counts.bytes - before.bytes), last - reported)
            (reported, before) = (last, counts)
        }
        if !isDetailed {
            let end = beginTime.rawValue + (last - begin).inMilliseconds
            line(
                "\(TimeText.render(beginTime)), \(TimeText.render(Timestamp(end)))", counts, counts,
                last - begin)
        }
        return counts.records
    }

    private func line(
        _ head: String, _ total: (records: Int64, bytes: Int64),
        _ window: (records: Int64, bytes: Int64), _ elapsed: Duration
    ) {
        let seconds = max(Double(elapsed.inNanoseconds) / 1e9, 1e-3)
        let megabytes = Double(window.bytes) / 1_048_576
        let rate = Format.fixed(megabytes / seconds, 4)
        let records = Format.fixed(Double(window.records) / seconds, 4)
        output.line(
            "\(head), \(Format.fixed(Double(total.bytes) / 1_048_576, 4)), \(rate), "
                + "\(total.records), \(records), 0, \(elapsed.inMilliseconds), \(rate), \(records)")
        output.flush()
    }
}
