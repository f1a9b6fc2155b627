internal import Client
internal import Model

/// `kafka-consumer-groups --describe`.
struct GroupDescriber {
    private let arguments: Arguments

    init(_ arguments: Arguments) { self.arguments = arguments }

    func run(_ admin: Admin, _ host: ToolHost) async throws(ToolFailure) -> Int32 {
        var isWhole = true
        for id in try await ConsumerGroups.groups(arguments, admin).sorted() {
            do {
                let group = try await admin.describeGroup(id, history: arguments.has("history"))
                try await describe(group, admin, host)
            } catch let failure as ToolFailure {
                throw failure
            } catch ClientError.refused(.groupIdNotFound, _) {
                // The group may have committed without ever having had a member, or be unknown.
                host.output.line("\nError: Consumer group '\(id)' does not exist.")
                isWhole = false
            } catch {
                throw .failed("Error: \(error)")
            }
        }
        return isWhole ? ExitCode.success : ExitCode.failure
    }

    private func describe(
        _ group: GroupDescription, _ admin: Admin, _ host: ToolHost
    ) async throws(ToolFailure) {
        if let notice = GroupReport.notice(of: group.id, state: group.state) {
            if notice.isError {
                host.output.error(notice.text)
            } else {
                host.output.line(notice.text)
            }
        }
        guard group.state != "Dead" else { return }
        let verbose = arguments.has("verbose")
        var lines: [String]
        if arguments.has("members") {
            guard !group.members.isEmpty else { return }
            lines = GroupReport.members(group, verbose: verbose)
        } else if arguments.has("history") {
            guard !group.history.isEmpty else { return }
            lines = GroupReport.history(group)
        } else if arguments.has("state") {
            lines = GroupReport.state(group, verbose: verbose)
        } else {
            let rows = try await rows(of: group, admin)
            guard !rows.isEmpty else { return }
            lines = GroupReport.offsets(
                rows, verbose: verbose, lagTime: arguments.has("lag-time"))
        }
        host.output.line()
        for line in lines { host.output.line(line) }
    }

    /// Members with most partitions first, then what is committed and nobody reads.
    private func rows(
        of group: GroupDescription, _ admin: Admin
    ) async throws(ToolFailure) -> [GroupReport.OffsetRow] {
        let committed = try await reporting { () async throws(ClientError) in
            try await admin.listGroupOffsets(group.id)
        }
        var rows: [GroupReport.OffsetRow] = []
        var seen: Set<TopicPartition> = []
        let busiest = group.members.sorted {
            ($0.assignment?.count ?? 0) > ($1.assignment?.count ?? 0)
        }
        for member in busiest {
            for partition in (member.assignment ?? []).sorted() {
                seen.insert(partition)
                rows.append(
                    GroupReport.OffsetRow(
                        group: group.id, partition: partition, committed: committed[partition],
                        consumerID: member.id, host: member.host, clientID: member.clientID))
            }
        }
        for partition in committed.keys.sorted() where !seen.contains(partition) {
            rows.append(
                GroupReport.OffsetRow(
                    group: group.id, partition: partition, committed: committed[partition]))
        }
        try await addEnds(to: &rows, admin)
        if arguments.has("lag-time") { try await addLagTimes(to: &rows, admin) }
        return rows
    }

    private func addEnds(
        to rows: inout [GroupReport.OffsetRow], _ admin: Admin
    ) async throws(ToolFailure) {
        let wanted = rows.compactMap(\.partition).map { (partition: $0, spec: OffsetSpec.latest) }
        let found = try await reporting { () async throws(ClientError) in
            try await admin.listOffsets(wanted)
        }
        var ends: [TopicPartition: Offset] = [:]
        for (partition, result) in found {
            // A partition without a leader has no end that could be told.
            if case .success(let listed) = result { ends[partition] = listed.offset }
        }
        for index in rows.indices {
            rows[index].logEndOffset = rows[index].partition.flatMap { ends[$0] }
        }
    }

    /// How long ago the record was written that the group reads next, by reading it.
    private func addLagTimes(
        to rows: inout [GroupReport.OffsetRow], _ admin: Admin
    ) async throws(ToolFailure) {
        let behind = rows.compactMap { row -> (TopicPartition, Offset)? in
            guard let partition = row.partition, let committed = row.committed else { return nil }
            return (row.lag ?? 0) > 0 ? (partition, committed.offset) : nil
        }
        let now = await admin.wallTime()
        let times = await admin.recordTimes(behind)
        for index in rows.indices {
            guard let partition = rows[index].partition, let lag = rows[index].lag else { continue }
            if lag <= 0 { rows[index].lagTime = 0 }
            guard let time = times[partition] else { continue }
            rows[index].lagTime = max(0, (now.rawValue - time.rawValue) / 1_000)
        }
    }
}
