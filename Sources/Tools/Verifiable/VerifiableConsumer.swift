internal import Client
internal import Configuration
internal import Model
internal import Platform

/// `kafka-verifiable-consumer`: reads as a member of a group and tells of all that happens to it.
enum VerifiableConsumer: Tool {
    static let name = "verifiable-consumer"
    static let summary = "Read as a member of a group and tell what happens, a JSON object a line."
    static let helpCode = ExitCode.success
    static let heedsInterruption = true
    static let flags = [
        Flag.bootstrapServer,
        Flag.consumerConfig,
        Flag("command-property", .values("k=v"), "A consumer property."),
        Flag("topic", .value("name"), "The topic to read.", isRequired: true),
        Flag("group-id", .value("id"), "The group.", isRequired: true),
        Flag("group-instance-id", .value("id"), "Keep the membership over a restart."),
        Flag("group-protocol", .value("protocol"), "classic (the default) or consumer."),
        Flag("group-remote-assignor", .value("name"), "The coordinator's assignor."),
        Flag("max-messages", .value("number"), "How many records; -1: until interrupted."),
        Flag("session-timeout", .value("ms"), "Of a classic member; 30000 if not given."),
        Flag("verbose", "Tell of each record."),
        Flag("enable-autocommit", "Commit by time instead of after each read."),
        Flag("reset-policy", .value("policy"), "Without an offset: earliest, latest or none."),
        Flag(
            "assignment-strategy", .value("class"),
            "Of a classic group, by name or Java's class; range if not given."),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let limit = try arguments.number("max-messages", in: -1 ... .max) ?? -1
        let topic = try arguments.required("topic")
        let settings = try settings(arguments, host)
        let client = try host.clientConfiguration(arguments)
        let admin = try await host.admin(arguments)
        await admin.close()
        let consumer = Consumer(client, consumer: settings, runtime: try host.runtime())
        let run = VerifiableConsumerRun(
            limit: limit < 0 ? .max : limit, isVerbose: arguments.has("verbose"),
            commits: settings.group?.commitsAutomatically == false, output: host.output)
        host.output.event("startup_complete")
        Interruption.onEach { Task { await consumer.close() } }
        let listener = Task { await run.listen(consumer) }
        try await reporting { () async throws(ClientError) in
            try await consumer.subscribe(.topics([topic]))
        }
        let failure = await run.read(consumer)
        if Interruption.hasCome {
            await consumer.waitUntilClosed()
        } else {
            await consumer.close()
        }
        await listener.value
        host.output.event("shutdown_complete")
        if let failure { throw .failed(failure.description) }
        return ExitCode.success
    }

    /// The flags are over the properties.
    static func settings(
        _ arguments: Arguments, _ host: ToolHost
    ) throws(ToolFailure) -> ConsumerConfiguration {
        let isClassic = (arguments.value("group-protocol") ?? "classic").lowercased() == "classic"
        for name in isClassic
            ? ["group-remote-assignor"] : ["session-timeout", "assignment-strategy"]
        where arguments.has(name) {
            throw .usage(
                "Option \(name) can't be used with group protocol \(isClassic ? "classic" : "consumer")"
            )
        }
        var properties = try host.clientProperties(arguments)
        let own = [
            ("group.protocol", arguments.value("group-protocol") ?? "classic"),
            ("group.instance.id", arguments.value("group-instance-id")),
            ("group.remote.assignor", arguments.value("group-remote-assignor")),
            ("session.timeout.ms", arguments.value("session-timeout") ?? "30000"),
            ("partition.assignment.strategy", arguments.value("assignment-strategy") ?? "range"),
            ("auto.offset.reset", arguments.value("reset-policy") ?? "earliest"),
            ("enable.auto.commit", arguments.has("enable-autocommit") ? "true" : "false"),
        ]
        do {
            for (key, value) in own {
                if let value { try properties.override("\(key)=\(value)") }
            }
        } catch {
            throw .failed("\(error)")
        }
        var settings = ConsumerConfiguration()
        try settings.apply(properties)
        try settings.apply(group: properties, named: try arguments.required("group-id"))
        return settings
    }
}

/// One run of a verifiable consumer, and its lines.
struct VerifiableConsumerRun: Sendable {
    let limit: Int64
    let isVerbose: Bool
    /// Whether it commits after each read.
    let commits: Bool
    let output: ToolOutput

    /// How long one read waits; there is always another.
    private static let pollLength = Duration.seconds(60)

    /// Tells of assignments until the consumer is closed.
    func listen(_ consumer: Consumer) async {
        for await event in consumer.rebalances {
            switch event {
            case .assigned(let partitions):
                output.event("partitions_assigned", VerifiableEvent.partitions(partitions))
            case .revoked(let partitions), .lost(let partitions):
                output.event("partitions_revoked", VerifiableEvent.partitions(partitions))
            case .commitFailed(let error):
                output.event("offsets_committed", Self.failedCommit([:], error))
            }
        }
    }

    /// Reads until there is enough or the user ends it. Answers with what ended it early.
    func read(_ consumer: Consumer) async -> ClientError? {
        var count: Int64 = 0
        while count < limit {
            do {
                let records = try await consumer.poll(timeout: Self.pollLength)
                guard !records.isEmpty else { continue }
                let taken = Array(records.prefix(Int(clamping: limit - count)))
                count += Int64(taken.count)
                if isVerbose {
                    for record in taken {
                        output.event(
                            "record_data", VerifiableEvent.record(record), isUrgent: false)
                    }
                }
                output.event("records_consumed", Self.consumed(taken))
                if commits { await commit(taken, consumer) }
            } catch {
                if case .closed = error, Interruption.hasCome { return nil }
                return error
            }
        }
        return nil
    }

    private func commit(_ records: [ConsumerRecord], _ consumer: Consumer) async {
        var offsets: [TopicPartition: CommittedOffset] = [:]
        for record in records {
            offsets[record.partition] = CommittedOffset(
                record.offset + 1, leaderEpoch: record.leaderEpoch)
        }
        do {
            try await consumer.commit(offsets)
            output.event(
                "offsets_committed", [("offsets", Self.list(offsets)), ("success", .flag(true))])
        } catch {
            output.event("offsets_committed", Self.failedCommit(offsets, error))
        }
    }

    // MARK: Members

    /// How many records of each partition, and from where to where.
    static func consumed(_ records: [ConsumerRecord]) -> [(name: String, value: JSONPiece)] {
        var seen: [TopicPartition: (count: Int64, first: Offset, last: Offset)] = [:]
        for record in records {
            let before = seen[record.partition]
            seen[record.partition] = (
                (before?.count ?? 0) + 1, before?.first ?? record.offset, record.offset
            )
        }
        let partitions = seen.sorted { $0.key < $1.key }.map { partition, found in
            JSONPiece.object(
                VerifiableEvent.place(partition) + [
                    ("count", .number(found.count)), ("minOffset", .number(found.first.rawValue)),
                    ("maxOffset", .number(found.last.rawValue)),
                ])
        }
        return [("count", .number(Int64(records.count))), ("partitions", .list(partitions))]
    }

    private static func list(_ offsets: [TopicPartition: CommittedOffset]) -> JSONPiece {
        .list(
            offsets.sorted { $0.key < $1.key }.map { partition, committed in
                .object(
                    VerifiableEvent.place(partition)
                        + [("offset", .number(committed.offset.rawValue))])
            })
    }

    static func failedCommit(
        _ offsets: [TopicPartition: CommittedOffset], _ error: ClientError
    ) -> [(name: String, value: JSONPiece)] {
        [
            ("offsets", list(offsets)), ("error", .text(error.description)),
            ("success", .flag(false)),
        ]
    }
}
