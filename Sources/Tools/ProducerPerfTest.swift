internal import Bytes
internal import Client
internal import Model
internal import Ports

/// `kafka-producer-perf-test`: writes records as fast as they go, or at a given rate.
enum ProducerPerfTest: Tool {
    static let name = "producer-perf-test"
    static let summary = "This tool is used to verify the producer performance."
    static let flags = [
        Flag.bootstrapServer,
        Flag.producerConfig,
        Flag(
            "command-property", .list("k=v"), "Producer properties.",
            aliases: ["producer-props"]),
        Flag("topic", .value("name"), "The topic to write to.", isRequired: true),
        Flag("num-records", .value("number"), "How many records.", isRequired: true),
        Flag(
            "throughput", .value("number"), "Records each second at most; -1: as many as go.",
            isRequired: true),
        Flag("record-size", .value("bytes"), "Size of each value."),
        Flag("payload-file", .value("file"), "Values to choose from, one each line."),
        Flag("payload-delimiter", .value("text"), "What separates the file's values."),
        Flag("payload-monotonic", "Values are numbers that rise."),
        Flag("reporting-interval", .value("ms"), "How often to print."),
        Flag("warmup-records", .value("number"), "Records that the steady state leaves out."),
        Flag("print-metrics", "No effect: the broker has them."),
        Flag("transactional-id", .gone(insteadUse: "a later version: no transactions yet"), ""),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        var settings = ProducerConfiguration()
        try settings.apply(try host.clientProperties(arguments))
        let client = try host.clientConfiguration(arguments)
        let total = try arguments.number("num-records", in: 1 ... .max) ?? 0
        let rate = try arguments.number("throughput", in: -1 ... .max) ?? -1
        let load = PerfLoad(
            topic: try arguments.required("topic"), payloads: try payloads(arguments, host),
            isMonotonic: arguments.has("payload-monotonic"), total: total,
            warmup: try arguments.number("warmup-records", in: 0...total) ?? 0, rate: rate,
            interval: .milliseconds(
                try arguments.number("reporting-interval", in: 1...1 << 31) ?? 5_000))
        let admin = try await host.admin(arguments)
        await admin.close()
        let runtime = try host.runtime()
        let output = host.output
        let made = settings
        let failures = await withCheckedContinuation { continuation in
            runtime.loop.post {
                let test = ProducerLoad(load, client, made, runtime, output)
                test.start { continuation.resume(returning: $0) }
            }
        }
        guard failures == 0 else {
            throw .failed("\(failures) records were not written")
        }
        return ExitCode.success
    }

    private static func payloads(
        _ arguments: Arguments, _ host: ToolHost
    ) throws(ToolFailure) -> [SharedBytes] {
        try arguments.exclude("record-size", "payload-file")
        if arguments.has("payload-monotonic") { return [] }
        if let path = arguments.value("payload-file") {
            let delimiter = (arguments.value("payload-delimiter") ?? "\\n")
                .replacing("\\n", with: "\n")
            let text = try host.text(ofFile: path)
            let values = text.split(separator: delimiter).map { SharedBytes(utf8: String($0)) }
            guard !values.isEmpty else { throw .failed("Payload file is empty: \(path)") }
            return values
        }
        guard let size = try arguments.number("record-size", in: 1...1 << 30) else {
            throw .usage(
                "one of the arguments --record-size --payload-file --payload-monotonic "
                    + "is required")
        }
        var random = PRNG(seed: 0)
        let letters = (0..<Int(size)).map { _ in UInt8(ascii: "A") + UInt8(random.below(26)) }
        return [SharedBytes(letters)]
    }
}

/// What a run of the producer test writes.
struct PerfLoad: Sendable {
    let topic: String
    /// Used in turn; empty for rising numbers.
    let payloads: [SharedBytes]
    let isMonotonic: Bool
    let total: Int64
    let warmup: Int64
    /// Records each second, or -1.
    let rate: Int64
    let interval: Duration
}
