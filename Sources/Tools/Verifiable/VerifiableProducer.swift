internal import Bytes
internal import Client
internal import Model
internal import Platform
internal import Synchronization

/// `kafka-verifiable-producer`: writes rising numbers and tells of each record what became of it.
enum VerifiableProducer: Tool {
    static let name = "verifiable-producer"
    static let summary = "Write rising numbers and tell what became of each, a JSON object a line."
    static let helpCode = ExitCode.success
    static let heedsInterruption = true
    static let flags = [
        Flag.bootstrapServer,
        Flag.producerConfig,
        Flag("command-property", .values("k=v"), "A producer property."),
        Flag("topic", .value("name"), "The topic to write to.", isRequired: true),
        Flag("max-messages", .value("number"), "How many records; -1: until interrupted."),
        Flag("throughput", .value("number"), "Records each second at most; -1: as many as go."),
        Flag("acks", .value("number"), "0, 1 or -1 (all in-sync replicas, the default)."),
        Flag(
            "message-create-time", .value("ms"),
            "Timestamp of the first record; -1: the time at which each is made.",
            aliases: ["message.create.time"]),
        Flag("value-prefix", .value("number"), "Values are this number, a dot, and the number."),
        Flag("repeating-keys", .value("number"), "Keys from 0 to this number, over and over."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let plan = try VerifiablePlan(arguments)
        var settings = ProducerConfiguration()
        try settings.apply(try host.clientProperties(arguments))
        settings.acks = plan.acks
        let client = try host.clientConfiguration(arguments)
        let admin = try await host.admin(arguments)
        let producer = Producer(client, producer: settings, runtime: try host.runtime())
        // Who interrupts twice does not wait for what is under way.
        Interruption.onEach {
            if Interruption.count > 1 { HostProcess.exit(ExitCode.interrupted) }
        }
        await VerifiableProducerRun(plan: plan, output: host.output).write(producer, pacedBy: admin)
        await admin.close()
        return ExitCode.success
    }
}

/// What a verifiable producer writes.
struct VerifiablePlan: Sendable {
    let topic: String
    /// Nil: without end.
    let limit: Int64?
    /// Records each second, nil: as many as go.
    let rate: Int64?
    let acks: Acks
    /// Timestamp of the first record, nil: the clock's.
    let firstTime: Timestamp?
    let prefix: Int64?
    let keyCount: Int64?

    init(_ arguments: Arguments) throws(ToolFailure) {
        topic = try arguments.required("topic")
        limit = try Self.atLeast(0, "max-messages", arguments)
        rate = try Self.atLeast(1, "throughput", arguments)
        acks = try ProducerConfiguration.acks(arguments.value("acks") ?? "-1")
        firstTime = try Self.atLeast(0, "message-create-time", arguments).map { Timestamp($0) }
        prefix = try arguments.number("value-prefix", in: 0...Int64(Int32.max))
        keyCount = try arguments.number("repeating-keys", in: 1...Int64(Int32.max))
    }

    /// A number of which -1 means that there is none.
    private static func atLeast(
        _ least: Int64, _ name: String, _ arguments: Arguments
    ) throws(ToolFailure) -> Int64? {
        let number = try arguments.number(name, in: -1 ... .max) ?? -1
        guard number >= least || number == -1 else {
            throw .usage("Argument \(number) of option \(name) is neither -1 nor at least \(least)")
        }
        return number == -1 ? nil : number
    }

    /// How many records may have been given after `elapsed`.
    func allowed(after elapsed: Duration) -> Int64 {
        guard let rate else { return .max }
        return Int64(Double(elapsed.inNanoseconds) / 1e9 * Double(rate)) + 1
    }

    func key(of number: Int64) -> String? { keyCount.map { String(number % $0) } }
    func value(of number: Int64) -> String { (prefix.map { "\($0)." } ?? "") + String(number) }

    /// The record of this number; `elapsed` since the first.
    func record(_ number: Int64, after elapsed: Duration) -> ProducerRecord {
        ProducerRecord(
            topic: topic, key: key(of: number).map { SharedBytes(utf8: $0) },
            value: SharedBytes(utf8: value(of: number)),
            timestamp: firstTime.map { Timestamp($0.rawValue + elapsed.inMilliseconds) })
    }
}

/// One run of a verifiable producer, and its lines.
struct VerifiableProducerRun: Sendable {
    let plan: VerifiablePlan
    let output: ToolOutput

    /// Records given to the producer at a time.
    private static let chunkMax: Int64 = 500
    /// How long a wait for the rate may be: an interruption is looked for afterwards.
    private static let pauseMax = Duration.milliseconds(100)

    /// Writes until there is enough or the user ends it, and then what is under way.
    func write(_ producer: Producer, pacedBy admin: Admin) async {
        let acknowledged = AcknowledgedCount()
        output.event("startup_complete")
        let start = SystemClock.monotonic()
        var given: Int64 = 0
        while !Interruption.hasCome, given < plan.limit ?? .max {
            let elapsed = SystemClock.monotonic() - start
            let room = min(
                Self.chunkMax, (plan.limit ?? .max) - given, plan.allowed(after: elapsed) - given)
            guard room > 0 else {
                output.flush()
                let pause = Duration.nanoseconds(1_000_000_000 / (plan.rate ?? 1))
                await admin.sleep(for: min(max(pause, .milliseconds(1)), Self.pauseMax))
                continue
            }
            await give(given..<given + room, after: elapsed, to: producer, acknowledged)
            given += room
            output.flush()
        }
        await producer.close()
        output.event("shutdown_complete")
        let seconds = max(Double((SystemClock.monotonic() - start).inNanoseconds) / 1e9, 1e-9)
        output.event(
            "tool_data",
            [
                ("sent", .number(given)), ("acked", .number(acknowledged.value)),
                ("target_throughput", .number(plan.rate ?? -1)),
                ("avg_throughput", .real(Double(acknowledged.value) / seconds)),
            ])
    }

    private func give(
        _ numbers: Range<Int64>, after elapsed: Duration, to producer: Producer,
        _ acknowledged: AcknowledgedCount
    ) async {
        let (plan, output) = (self.plan, self.output)
        let records = numbers.map { plan.record($0, after: elapsed) }
        await producer.enqueue(records) { index, result in
            let number = numbers.lowerBound + Int64(index)
            if case .success = result { acknowledged.increase() }
            let (name, members) = Self.outcome(of: number, result, plan)
            output.event(name, members, isUrgent: false)
        }
    }

    /// The event of a record that is done with.
    static func outcome(
        of number: Int64, _ result: Result<RecordMetadata, ClientError>, _ plan: VerifiablePlan
    ) -> (name: String, members: [(name: String, value: JSONPiece)]) {
        let content: [(name: String, value: JSONPiece)] = [
            ("key", .text(plan.key(of: number))), ("value", .text(plan.value(of: number))),
        ]
        switch result {
        case .success(let place):
            let members =
                content + VerifiableEvent.place(place.partition)
                + [("offset", .number(place.offset.rawValue))]
            return ("producer_send_success", members)
        case .failure(let error):
            let members =
                [
                    ("exception", .text(error.javaClass)), ("message", .text(error.description)),
                    ("topic", .text(plan.topic)),
                ] + content
            return ("producer_send_error", members)
        }
    }
}

/// Counted on the client's loop, read by the tool.
private final class AcknowledgedCount: Sendable {
    private let count = Mutex<Int64>(0)
    var value: Int64 { count.withLock { $0 } }
    func increase() { count.withLock { $0 += 1 } }
}
