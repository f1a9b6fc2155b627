internal import Bytes
internal import Client
internal import Model
internal import Platform
internal import Records

/// `kafka-e2e-latency`: how long a record takes from its producer to its consumer, one after the other.
enum EndToEndLatency: Tool {
    static let name = "e2e-latency"
    static let aliases = ["end-to-end-latency"]
    static let summary = "Measure the time from writing a record to reading it, one at a time."
    static let synopsis =
        "[broker_list topic num_records producer_acks record_size [properties_file]]"
    static let positionalsMax = 6
    static let helpCode = ExitCode.success
    static let flags = [
        Flag.bootstrapServer,
        Flag("command-config", .value("file"), "Client properties."),
        Flag("topic", .value("name"), "The topic; it is made if it is not there."),
        Flag("num-records", .value("number"), "How many records."),
        Flag("producer-acks", .value("acks"), "1 or all."),
        Flag("record-size", .value("bytes"), "Size of each value."),
        Flag("record-key-size", .value("bytes"), "Size of each key; 0: no key."),
        Flag("num-headers", .value("number"), "Headers of each record."),
        Flag("record-header-key-size", .value("bytes"), "Size of each header's key."),
        Flag("record-header-size", .value("bytes"), "Size of each header's value; -1: null."),
    ]

    /// Names of the words that the older form has instead of flags.
    private static let words = [
        "bootstrap-server", "topic", "num-records", "producer-acks", "record-size",
        "command-config",
    ]

    static func run(
        _ given: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let arguments = try flagged(given, on: host)
        let load = try LatencyLoad(arguments)
        var client = try host.clientConfiguration(arguments)
        let properties = try host.clientProperties(arguments)
        var reading = ConsumerConfiguration()
        try reading.apply(properties)
        reading.maxWait = .zero
        var writing = ProducerConfiguration()
        try writing.apply(properties)
        writing.linger = .zero
        writing.acks = load.acks
        let admin = try await host.admin(arguments)
        let starts = try await ends(of: load.topic, admin, host.output)
        await admin.close()
        client.clientID += "-e2e"
        let consumer = Consumer(client, consumer: reading, runtime: try host.runtime())
        let producer = Producer(client, producer: writing, runtime: try host.runtime())
        await consumer.assign(starts)
        try await load.run(producer, consumer, host.output)
        await producer.close()
        await consumer.close()
        return ExitCode.success
    }

    /// The words of the older form as the flags that they stand for.
    private static func flagged(
        _ arguments: Arguments, on host: ToolHost
    ) throws(ToolFailure) -> Arguments {
        guard !arguments.positionals.isEmpty else { return arguments }
        guard arguments.positionals.count >= 5 else {
            throw .usage("broker_list topic num_records producer_acks record_size are needed")
        }
        for name in words where arguments.has(name) {
            throw .usage("Option \"[\(name)]\" can't be used with words in its place")
        }
        host.output.error(
            "WARNING: arguments without names are deprecated and may go; use --bootstrap-server and "
                + "the others instead.")
        let named = zip(words, arguments.positionals).map { "--\($0)=\($1)" }
        return try Arguments(named, flags: flags)
    }

    /// The ends of all partitions, from where the consumer reads. A topic that is not there is made.
    private static func ends(
        of topic: String, _ admin: Admin, _ output: ToolOutput
    ) async throws(ToolFailure) -> [(partition: TopicPartition, start: StartPosition)] {
        try await reporting { () async throws(ClientError) in
            var partitions = try await partitions(of: topic, admin)
            if partitions.isEmpty {
                output.line(
                    "Topic \"\(topic)\" does not exist. Will create topic with 1 partition(s) and "
                        + "replication factor = 1")
                let new = NewTopic(name: topic, partitionCount: 1, replicationFactor: 1)
                try await admin.createTopics([new])
                partitions = [TopicPartition(topic, 0)]
            }
            let found = try await admin.listOffsets(partitions.map { ($0, .latest) })
            var starts: [(partition: TopicPartition, start: StartPosition)] = []
            for (partition, result) in found {
                starts.append((partition, .offset(try result.get().offset)))
            }
            return starts
        }
    }

    private static func partitions(
        of topic: String, _ admin: Admin
    ) async throws(ClientError) -> [TopicPartition] {
        for (_, result) in try await admin.describeTopics([topic]) {
            switch result {
            case .success(let description):
                return description.partitions.map { TopicPartition(topic, $0.partition) }
            case .failure(.refused(.unknownTopicOrPartition, _)): break
            case .failure(let error): throw error
            }
        }
        return []
    }
}

/// What the latency test writes and reads.
struct LatencyLoad: Sendable {
    let topic: String
    let count: Int
    let acks: Acks
    let valueSize: Int
    let keySize: Int
    let headerCount: Int
    let headerKeySize: Int
    /// Nil: headers have no value.
    let headerValueSize: Int?

    /// How long one record may be on its way.
    private static let patience = Duration.seconds(60)
    /// A line is printed after so many.
    private static let lineEvery = 1_000
    private static let sizeMax: Int64 = 1 << 30

    init(_ arguments: Arguments) throws(ToolFailure) {
        func number(_ name: String, _ least: Int64, _ most: Int64) throws(ToolFailure) -> Int {
            guard let number = try arguments.number(name, in: least...most) else {
                throw .usage("Missing required argument \"[\(name)]\"")
            }
            return Int(number)
        }
        func size(_ name: String, least: Int64 = 0) throws(ToolFailure) -> Int? {
            try arguments.number(name, in: least...Self.sizeMax).map { Int($0) }
        }
        topic = try arguments.required("topic")
        count = try number("num-records", 1, 1 << 40)
        valueSize = try number("record-size", 0, Self.sizeMax)
        acks = try ProducerConfiguration.acks(try arguments.required("producer-acks"))
        guard acks != .none else {
            throw .usage(
                "Latency testing requires synchronous acknowledgement. Please use 1 or all")
        }
        keySize = try size("record-key-size") ?? 0
        headerCount = Int(try arguments.number("num-headers", in: 0...10_000) ?? 0)
        headerKeySize = try size("record-header-key-size") ?? 0
        let headerSize = try size("record-header-size", least: -1) ?? 0
        headerValueSize = headerSize < 0 ? nil : headerSize
    }

    /// Writes a record, reads it, and so on; the consumer stands at the end. Prints as it goes.
    func run(
        _ producer: Producer, _ consumer: Consumer, _ output: ToolOutput
    ) async throws(ToolFailure) {
        var random = PRNG(seed: 0)
        var latencies = LatencyHistogram()
        for number in 0..<count {
            let record = record(&random)
            let start = SystemClock.monotonic()
            try await reporting { () async throws(ClientError) in
                _ = try await producer.send(record)
            }
            let read = try await reporting { () async throws(ClientError) in
                try await consumer.poll(timeout: Self.patience)
            }
            let latency = Double((SystemClock.monotonic() - start).inNanoseconds) / 1e6
            try Self.check(read, against: record)
            latencies.add(latency)
            guard number % Self.lineEvery == 0 else { continue }
            output.line("\(number)\t\(latency)")
            output.flush()
        }
        for line in Self.summary(latencies) { output.line(line) }
    }

    func record(_ random: inout PRNG) -> ProducerRecord {
        let key = keySize > 0 ? Self.letters(keySize, &random) : nil
        let value = Self.letters(valueSize, &random)
        let headers = (0..<headerCount).map { _ in
            RecordHeader(
                key: Self.letters(headerKeySize, &random),
                value: headerValueSize.map { Self.letters($0, &random) })
        }
        return ProducerRecord(topic: topic, key: key, value: value, headers: headers)
    }

    private static func letters(_ count: Int, _ random: inout PRNG) -> SharedBytes {
        SharedBytes((0..<count).map { _ in UInt8(ascii: "A") + UInt8(random.below(26)) })
    }

    /// Throws unless exactly what was written has been read.
    static func check(
        _ read: [ConsumerRecord], against sent: ProducerRecord
    ) throws(ToolFailure) {
        guard let first = read.first else {
            throw .failed(
                "poll() timed out before finding a result (timeout:[\(patience.inMilliseconds)ms])")
        }
        guard read.count == 1 else {
            throw .failed(
                "Only one result was expected during this test. We found [\(read.count)]")
        }
        for (what, found, wanted) in [
            ("value", first.value, sent.value), ("key", first.key, sent.key),
        ] where found != wanted {
            throw .failed(
                "The message \(what) read [\(found?.readable ?? "null")] did not match the message "
                    + "\(what) sent [\(wanted?.readable ?? "null")]")
        }
        guard first.headers == sent.headers else {
            throw .failed("The headers read did not match the headers sent")
        }
    }

    static func summary(_ latencies: LatencyHistogram) -> [String] {
        [
            "Avg latency: \(Format.fixed(latencies.average, 4)) ms",
            "Percentiles: 50th = \(latencies.percentile(0.5)), 99th = "
                + "\(latencies.percentile(0.99)), 99.9th = \(latencies.percentile(0.999))",
        ]
    }
}
