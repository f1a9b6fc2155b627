internal import Bytes
internal import Client
internal import Compression
internal import Model
internal import Platform
internal import Records
internal import Synchronization

/// `kafka-console-producer`: each line of standard input becomes a record.
enum ConsoleProducer: Tool {
    static let name = "console-producer"
    static let summary = "Read data from standard input and publish it to a topic."
    static let flags = [
        Flag.bootstrapServer, Flag.zookeeper,
        Flag.producerConfig,
        Flag(
            "command-property", .values("k=v"), "A producer property.",
            aliases: ["producer-property"]),
        Flag("topic", .value("name"), "The topic to write to.", isRequired: true),
        Flag("reader-property", .values("k=v"), "How lines are read.", aliases: ["property"]),
        Flag("reader-config", .value("file"), "How lines are read, as properties."),
        Flag("line-reader", .gone(insteadUse: "--reader-property; classes are Java's"), ""),
        Flag(
            "compression-codec", .value("codec"), "none, gzip, snappy, lz4 or zstd."),
        Flag(
            "batch-size", .value("bytes"), "A batch's size.",
            aliases: ["max-partition-memory-bytes"]),
        Flag("sync", "Wait for each record."),
        Flag("timeout", .value("ms"), "How long a record may wait for its batch."),
        Flag("request-required-acks", .value("acks"), "0, 1 or all."),
        Flag("request-timeout-ms", .value("ms"), "How long an answer may take."),
        Flag("max-block-ms", .value("ms"), "How long a full buffer may hold up a line."),
        Flag("max-memory-bytes", .value("bytes"), "The buffer's size."),
        Flag("message-send-max-retries", .value("number"), "No effect: see delivery.timeout.ms."),
        Flag("retry-backoff-ms", .value("ms"), "Pause before a record is sent again."),
        Flag("metadata-expiry-ms", .value("ms"), "Age at which metadata is asked for again."),
        Flag("socket-buffer-size", .value("bytes"), "No effect: the kernel chooses."),
    ]

    /// Bytes read from standard input at a time.
    private static let readBytes = 256 << 10

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let topic = try arguments.required("topic")
        var reader = LineReader(try LineFormat(arguments, host), topic: topic)
        var client = try host.clientConfiguration(arguments)
        let properties = try host.clientProperties(arguments)
        var settings = ProducerConfiguration()
        settings.linger = .milliseconds(1000)
        try settings.apply(properties)
        try apply(arguments, &settings, &client)
        // Nobody wants to type into a cluster that is not there.
        let admin = try await host.admin(arguments)
        await admin.close()

        let producer = Producer(client, producer: settings, runtime: try host.runtime())
        let failures = FailureLog(host.output)
        let isTyped = StandardStreams.isInputTerminal
        var failed: ToolFailure?
        do {
            while true {
                if isTyped {
                    host.output.text(">")
                    host.output.flush()
                }
                let block = try input()
                let records = try block.isEmpty ? reader.finish() : reader.records(in: block)
                try await send(
                    records, through: producer, isSync: arguments.has("sync"), failures)
                if block.isEmpty { break }
            }
        } catch {
            failed = error
        }
        await producer.close()
        if let failed { throw failed }
        return failures.count > 0 ? ExitCode.failure : ExitCode.success
    }

    private static func input() throws(ToolFailure) -> SharedBytes {
        do { return try StandardStreams.read(atMost: readBytes) } catch {
            throw .failed("standard input cannot be read: \(error.reason)")
        }
    }

    private static func send(
        _ records: [ProducerRecord], through producer: Producer, isSync: Bool,
        _ failures: FailureLog
    ) async throws(ToolFailure) {
        guard isSync else {
            await producer.enqueue(records) { _, result in
                if case .failure(let error) = result { failures.note(error) }
            }
            return
        }
        for record in records {
            do { _ = try await producer.send(record) } catch { failures.note(error) }
        }
    }

    private static func apply(
        _ arguments: Arguments, _ settings: inout ProducerConfiguration,
        _ client: inout ClientConfiguration
    ) throws(ToolFailure) {
        func milliseconds(_ flag: String) throws(ToolFailure) -> Duration? {
            try arguments.number(flag, in: 0...Int64(Int32.max)).map { .milliseconds($0) }
        }
        if let name = arguments.value("compression-codec") {
            guard let codec = CompressionCodec(name: name) else {
                throw .usage("Unknown compression codec \(name): none, gzip, snappy, lz4 or zstd")
            }
            settings.compression = codec
        }
        if let text = arguments.value("request-required-acks") {
            settings.acks = try ProducerConfiguration.acks(text)
        }
        if let size = try arguments.number("batch-size", in: 1...1 << 30) {
            settings.batchBytes = Int(size)
        }
        if let size = try arguments.number("max-memory-bytes", in: 1...1 << 40) {
            settings.bufferBytes = Int(size)
        }
        settings.linger = try milliseconds("timeout") ?? settings.linger
        settings.blockMax = try milliseconds("max-block-ms") ?? settings.blockMax
        client.requestTimeout = try milliseconds("request-timeout-ms") ?? client.requestTimeout
        client.retryBackoff = try milliseconds("retry-backoff-ms") ?? client.retryBackoff
        client.metadataMaxAge = try milliseconds("metadata-expiry-ms") ?? client.metadataMaxAge
    }
}

/// Counts records that were not written and says why, without repeating itself for ever.
final class FailureLog: Sendable {
    private struct State {
        var count = 0
        var last: ClientError?
    }
    private let state = Mutex(State())
    private let output: ToolOutput
    /// Sentences that are printed; the rest is only counted.
    private static let sentencesMax = 20

    init(_ output: ToolOutput) { self.output = output }

    var count: Int { state.withLock { $0.count } }

    func note(_ error: ClientError) {
        let isNews = state.withLock { state in
            state.count += 1
            defer { state.last = error }
            return state.count <= Self.sentencesMax && state.last != error
        }
        if isNews { output.error("Error when sending message: \(error.description)") }
    }
}
