internal import Client
internal import Model

/// One call of `reassign-partitions` with a file of moves: begins them, tells how far they are, or ends them.
struct ReassignmentRun {
    let admin: Admin
    let output: ToolOutput
    let plan: ReassignmentPlan

    private var topics: [String] { Set(plan.entries.map(\.partition.topic)).sorted() }

    /// Replicas of the plan that shall lie in a certain directory.
    private var placed: [(partition: TopicPartition, broker: BrokerID, path: String)] {
        plan.entries.flatMap { entry in
            zip(entry.replicas, entry.directories).compactMap { broker, path in
                path == ReassignmentPlan.Entry.any ? nil : (entry.partition, broker, path)
            }
        }
    }

    private func current() async throws(ToolFailure) -> [TopicPartition: [BrokerID]] {
        var found: [TopicPartition: [BrokerID]] = [:]
        for topic in try await ReassignPartitions.describe(topics, admin) {
            for partition in topic.partitions {
                found[TopicPartition(topic.name, partition.partition)] = partition.replicas
            }
        }
        return found
    }

    private func ongoing() async throws(ToolFailure) -> [TopicPartition: OngoingReassignment] {
        let all = try await reporting { () async throws(ClientError) in
            try await admin.listReassignments()
        }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.partition, $0) })
    }
}

// MARK: - Execute

extension ReassignmentRun {
    func execute(
        _ arguments: Arguments, _ throttle: ReassignPartitions.Throttle
    ) async throws(ToolFailure) -> Int32 {
        let patience = try arguments.number("timeout", in: 0...Int64(Int32.max)) ?? 10_000
        let before = try await current()
        try await checkBrokers()
        for entry in plan.entries where before[entry.partition] == nil {
            throw .failed("Partition \(entry.partition) not found.")
        }
        let others = try await ongoing()
        guard others.isEmpty || arguments.has("additional") else {
            throw .failed(
                "Cannot execute because there is an existing partition assignment.  Use --additional "
                    + "to override this and create a new partition assignment in addition to the "
                    + "existing one. The --additional option can also be used to change the "
                    + "throttle by resubmitting the current reassignment.")
        }
        let rollback = ReassignmentPlan(
            plan.entries.map { .init($0.partition, before[$0.partition] ?? []) })
        output.line("Current partition replica assignment")
        output.line("")
        output.line(rollback.json)
        output.line("")
        output.line("Save this to use as the --reassignment-json-file option during rollback")
        if throttle.betweenBrokers != nil || throttle.betweenDirectories != nil {
            output.line(
                "Warning: You must run --verify periodically, until the reassignment completes, to "
                    + "ensure the throttle is removed.")
            try await Throttling(admin: admin, output: output).begin(
                throttle, plan: plan, before: before, ongoing: others)
        }
        try await begin(
            mayChangeFactor: !arguments.has("disallow-replication-factor-change"))
        if !placed.isEmpty { try await place(within: .milliseconds(patience)) }
        return ExitCode.success
    }

    private func checkBrokers() async throws(ToolFailure) {
        let known = try await reporting { () async throws(ClientError) in
            try await admin.describeCluster(includingFenced: false).nodes.map(\.id)
        }
        for id in Set(plan.entries.flatMap(\.replicas)).sorted() where !known.contains(id) {
            throw .failed("Unknown broker id \(id.rawValue)")
        }
    }

    private func begin(mayChangeFactor: Bool) async throws(ToolFailure) {
        let results = try await reporting { () async throws(ClientError) in
            try await admin.alterReassignments(
                plan.entries.map { ($0.partition, $0.replicas) }, mayChangeFactor: mayChangeFactor)
        }
        let failed = results.filter { $0.failure != nil }
        guard failed.isEmpty else {
            let lines = failed.map { "\($0.partition): \($0.failure?.description ?? "")" }
            throw .failed("Error reassigning partition(s):\n" + lines.joined(separator: "\n"))
        }
        let names = plan.entries.map(\.partition.description).joined(separator: ",")
        output.line(
            "Successfully started partition reassignment\(plural(plan.entries.count)) for \(names)")
    }

    /// A replica on its way to its broker may not be there yet: asked again for a while.
    private func place(within patience: Duration) async throws(ToolFailure) {
        var left = placed
        var waited = Duration.zero
        let pause = Duration.milliseconds(100)
        while true {
            let failures = try await tryToPlace(&left)
            if left.isEmpty { return }
            guard waited < patience else {
                throw .failed(
                    "Failed to move replicas: "
                        + failures.map { "\($0.0): \($0.1.description)" }.joined(separator: "; "))
            }
            await admin.sleep(for: pause)
            waited += pause
        }
    }

    private func tryToPlace(
        _ left: inout [(partition: TopicPartition, broker: BrokerID, path: String)]
    ) async throws(ToolFailure) -> [(TopicPartition, ClientError)] {
        var failures: [(TopicPartition, ClientError)] = []
        for broker in Set(left.map(\.broker)).sorted() {
            let mine = left.filter { $0.broker == broker }
            let results = try await reporting { () async throws(ClientError) in
                try await admin.moveReplicas(on: broker, mine.map { ($0.partition, $0.path) })
            }
            for (move, result) in zip(mine, results) {
                if let failure = result.failure {
                    failures.append((move.partition, failure))
                    continue
                }
                output.line(
                    "Successfully started moving log directory to \(move.path) for replica "
                        + "\(move.partition) with broker \(broker.rawValue) ")
                left.removeAll { $0.broker == broker && $0.partition == move.partition }
            }
        }
        return failures
    }

    private func plural(_ count: Int) -> String { count == 1 ? "" : "s" }
}

// MARK: - Verify

extension ReassignmentRun {
    func verify(keepsThrottles: Bool) async throws(ToolFailure) -> Int32 {
        let moving = try await ongoing()
        let present = try await current()
        output.line("Status of partition reassignment:")
        var isOver = true
        for entry in plan.entries {
            let state = moving[entry.partition]
            if state != nil { isOver = false }
            output.line(Self.sentence(entry, state, present[entry.partition]))
        }
        for (line, isDone) in try await placements() {
            output.line(line)
            if !isDone { isOver = false }
        }
        guard isOver, !keepsThrottles else { return ExitCode.success }
        output.line("")
        try await Throttling(admin: admin, output: output).end(topics: topics)
        return ExitCode.success
    }

    static func sentence(
        _ entry: ReassignmentPlan.Entry, _ ongoing: OngoingReassignment?, _ present: [BrokerID]?
    ) -> String {
        let name = entry.partition
        if ongoing != nil { return "Reassignment of partition \(name) is still in progress." }
        if present == entry.replicas { return "Reassignment of partition \(name) is completed." }
        return "There is no active reassignment of partition \(name), but replica set is "
            + "\(ReassignPartitions.list(present ?? [])) rather than "
            + "\(ReassignPartitions.list(entry.replicas))."
    }

    /// Of each replica that has a place in the plan, a line, and whether it is there.
    private func placements() async throws(ToolFailure) -> [(String, Bool)] {
        var lines: [(String, Bool)] = []
        for broker in Set(placed.map(\.broker)).sorted() {
            let directories = try await reporting { () async throws(ClientError) in
                try await admin.describeLogDirectories(of: broker)
            }
            for move in placed where move.broker == broker {
                lines.append(Self.placement(of: move, in: directories))
            }
        }
        return lines
    }

    static func placement(
        of move: (partition: TopicPartition, broker: BrokerID, path: String),
        in directories: [LogDirectoryDescription]
    ) -> (String, Bool) {
        let name = "\(move.partition)-\(move.broker.rawValue)"
        func path(isFuture: Bool) -> String? {
            directories.first { directory in
                directory.replicas.contains {
                    $0.partition == move.partition && $0.isFuture == isFuture
                }
            }?.path
        }
        if let future = path(isFuture: true) {
            return future == move.path
                ? ("Reassignment of replica \(name) is still in progress.", false)
                : (
                    "Partition \(move.partition) on broker \(move.broker.rawValue) is being moved to "
                        + "log dir \(future) instead of \(move.path).", true
                )
        }
        guard let present = path(isFuture: false) else {
            return (
                "Partition \(move.partition) cannot be found in any live log directory on broker "
                    + "\(move.broker.rawValue).", false
            )
        }
        return present == move.path
            ? ("Reassignment of replica \(name) completed successfully.", true)
            : (
                "Partition \(move.partition) on broker \(move.broker.rawValue) is not being moved "
                    + "from log dir \(present) to \(move.path).", true
            )
    }
}

// MARK: - Cancel

extension ReassignmentRun {
    func cancel(keepsThrottles: Bool) async throws(ToolFailure) -> Int32 {
        let moving = try await ongoing()
        let active = plan.entries.map(\.partition).filter { moving[$0] != nil }
        if active.isEmpty {
            output.line("None of the specified partition reassignments are active.")
        } else {
            let results = try await reporting { () async throws(ClientError) in
                try await admin.alterReassignments(active.map { ($0, nil) })
            }
            let failed = results.filter { $0.failure != nil }
            guard failed.isEmpty else {
                let lines = failed.map { "\($0.partition): \($0.failure?.description ?? "")" }
                throw .failed(
                    "Error cancelling partition reassignment\(plural(failed.count)) for:\n"
                        + lines.joined(separator: "\n"))
            }
            let names = active.map(\.description).joined(separator: ",")
            output.line(
                "Successfully cancelled partition reassignment\(plural(active.count)) for: \(names)"
            )
        }
        try await cancelPlacements()
        if !keepsThrottles {
            try await Throttling(admin: admin, output: output).end(topics: topics)
        }
        return ExitCode.success
    }

    /// Moving a replica to where it is ends its move.
    private func cancelPlacements() async throws(ToolFailure) {
        guard !placed.isEmpty else { return }
        var cancelled: [String] = []
        for broker in Set(placed.map(\.broker)).sorted() {
            let directories = try await reporting { () async throws(ClientError) in
                try await admin.describeLogDirectories(of: broker)
            }
            let futures = Set(directories.flatMap(\.replicas).filter(\.isFuture).map(\.partition))
            let homes = directories.flatMap { directory in
                directory.replicas.filter { !$0.isFuture && futures.contains($0.partition) }
                    .map { (partition: $0.partition, path: directory.path) }
            }
            let own = homes.filter { home in
                placed.contains { $0.broker == broker && $0.partition == home.partition }
            }
            guard !own.isEmpty else { continue }
            let results = try await reporting { () async throws(ClientError) in
                try await admin.moveReplicas(on: broker, own)
            }
            for result in results where result.failure == nil {
                cancelled.append("\(result.partition)-\(broker.rawValue)")
            }
        }
        output.line(
            cancelled.isEmpty
                ? "None of the specified partition moves are active."
                : "Successfully cancelled partition move\(plural(cancelled.count)) for: "
                    + cancelled.joined(separator: ","))
    }
}
