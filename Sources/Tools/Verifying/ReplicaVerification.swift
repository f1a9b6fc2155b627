internal import Client
internal import Model
internal import Platform
internal import Records

/// One run of `verify`: the replicas of each partition are read side by side and compared.
struct ReplicaVerification: Sendable {
    struct Plan: Sendable {
        let partition: TopicPartition
        let replicas: [BrokerID]
        let isCompacted: Bool
    }

    /// What came of a partition.
    struct Outcome: Sendable {
        /// What is compared.
        var range: Range<Offset> = Offset.zero..<Offset.zero
        var compared: [BrokerID] = []
        /// Sentences about what is wrong.
        var findings: [String] = []
    }

    let admin: Admin
    let output: ToolOutput
    let fetchBytes: Int
    /// Between two lines about the progress; nil for the usual.
    let interval: Duration?

    /// How long one replica may take for one answer.
    private static let answerLimit = Duration.seconds(10)
    /// How long followers may take to hear what is committed.
    private static let followerPatience = Duration.seconds(2)
    private static let followerPause = Duration.milliseconds(50)
    /// How often a range is looked up again because retention has overtaken the reading.
    private static let restartsMax = 5

    /// Answers with 0 if all replicas agree, else with 1.
    func run(_ plans: [Plan]) async -> Int32 {
        var progress = Progress(
            of: plans.count, "partitions", every: interval, on: output)
        var wrong = 0
        for plan in plans {
            guard !Interruption.hasCome else { return ExitCode.interrupted }
            let outcome = await verify(plan, &progress)
            progress.advance(by: 1)
            if !outcome.findings.isEmpty { wrong += 1 }
            progress.clear()
            for line in Self.lines(outcome, of: plan.partition) { output.line(line) }
            output.flush()
        }
        progress.clear()
        output.line(
            wrong == 0
                ? "The replicas of all \(plans.count) partitions agree."
                : "The replicas of \(wrong) of \(plans.count) partitions do not agree.")
        return wrong == 0 ? ExitCode.success : ExitCode.failure
    }

    static func lines(_ outcome: Outcome, of partition: TopicPartition) -> [String] {
        guard outcome.findings.isEmpty else {
            return outcome.findings.map { "\(partition): \($0)" }
        }
        let who = outcome.compared.map { String($0.rawValue) }.joined(separator: ",")
        guard !outcome.range.isEmpty else { return ["\(partition): replicas \(who) are empty"] }
        return [
            "\(partition): replicas \(who) agree on offsets \(outcome.range.lowerBound.rawValue) to "
                + "\(outcome.range.upperBound.rawValue - 1)"
        ]
    }

    private func verify(_ plan: Plan, _ progress: inout Progress) async -> Outcome {
        var outcome = Outcome()
        for attempt in 0...Self.restartsMax {
            await findRange(plan, &outcome)
            guard !outcome.compared.isEmpty else { break }
            do {
                if let found = try await compare(plan, outcome, &progress) {
                    outcome.findings.append("offset \(found.offset.rawValue): \(found.sentence)")
                }
                break
            } catch {
                let isOvertaken = error.cause == .refused(.offsetOutOfRange, message: nil)
                guard isOvertaken, attempt < Self.restartsMax else {
                    outcome.findings.append(
                        "replica \(error.replica.rawValue): \(error.cause.description)")
                    break
                }
            }
        }
        return outcome
    }

    /// What all replicas should have: from the highest start to the lowest high watermark. Followers hear a
    /// little late what is committed: they are asked again for a while.
    private func findRange(_ plan: Plan, _ outcome: inout Outcome) async {
        let begin = SystemClock.monotonic()
        var wanted: Offset?
        while true {
            outcome = Outcome()
            let found = await bounds(plan, &outcome)
            outcome.range = Self.common(found)
            wanted = wanted ?? found.map(\.upperBound).max()
            guard let wanted, outcome.range.upperBound < wanted,
                SystemClock.monotonic() - begin < Self.followerPatience
            else { return }
            await admin.sleep(for: Self.followerPause)
        }
    }

    private func bounds(_ plan: Plan, _ outcome: inout Outcome) async -> [Range<Offset>] {
        var found: [Range<Offset>] = []
        for replica in plan.replicas {
            do {
                found.append(
                    try await admin.bounds(
                        of: plan.partition, at: replica, within: Self.answerLimit))
                outcome.compared.append(replica)
            } catch {
                outcome.findings.append(
                    "replica \(replica.rawValue) cannot be read: \(error.description)")
            }
        }
        return found
    }

    /// What lies in all ranges; empty if nothing does.
    static func common(_ ranges: [Range<Offset>]) -> Range<Offset> {
        let start = ranges.map(\.lowerBound).max() ?? .zero
        let end = ranges.map(\.upperBound).min() ?? start
        return start..<max(start, end)
    }

    /// Which replica failed, and how.
    private struct ReadFailure: Error {
        let replica: BrokerID
        let cause: ClientError
    }

    private func compare(
        _ plan: Plan, _ outcome: Outcome, _ progress: inout Progress
    ) async throws(ReadFailure) -> ReplicaComparison.Difference? {
        var comparison = ReplicaComparison(
            of: outcome.compared, range: outcome.range, isCompacted: plan.isCompacted)
        while case let wanted = comparison.wanted, !wanted.isEmpty {
            for (replica, offset) in wanted {
                let (pieces, next) = try await read(plan, replica, offset, outcome.range)
                if let found = comparison.add(pieces, of: replica, upTo: next) { return found }
            }
            progress.note("\(plan.partition) at offset \(comparison.position.rawValue)")
        }
        return nil
    }

    private func read(
        _ plan: Plan, _ replica: BrokerID, _ offset: Offset, _ range: Range<Offset>
    ) async throws(ReadFailure) -> (pieces: [ReplicaComparison.Piece], next: Offset) {
        do throws(ClientError) {
            let slice = try await admin.read(
                plan.partition, at: replica, from: offset, atMost: fetchBytes,
                within: Self.answerLimit)
            guard let last = slice.batches.last else {
                // Nothing is left below the end, unless the replica has fallen behind meanwhile.
                guard slice.highWatermark >= range.upperBound else {
                    throw ClientError.refused(
                        .replicaNotAvailable, message: "it has fallen behind while it was read")
                }
                return ([], range.upperBound)
            }
            let pieces = try Self.pieces(slice.batches, plan, from: range.lowerBound)
            return (pieces, max(last.nextOffset, offset + 1))
        } catch {
            throw ReadFailure(replica: replica, cause: error)
        }
    }

    /// Batches, or in a compacted log their records from the start of the range on.
    private static func pieces(
        _ batches: [RecordBatchView], _ plan: Plan, from start: Offset
    ) throws(ClientError) -> [ReplicaComparison.Piece] {
        guard plan.isCompacted else { return batches.map { ReplicaComparison.Piece($0) } }
        var pieces: [ReplicaComparison.Piece] = []
        for batch in batches {
            do {
                var cursor = try batch.records()
                while let record = try cursor.next() {
                    guard record.offset >= start else { continue }
                    pieces.append(
                        ReplicaComparison.Piece(
                            record.offset, record.timestamp,
                            [record.key, record.value]
                                + record.headers.flatMap { [$0.key, $0.value] }))
                }
            } catch {
                throw .damagedBatch(plan.partition, offset: batch.baseOffset, reason: "\(error)")
            }
        }
        return pieces
    }
}
