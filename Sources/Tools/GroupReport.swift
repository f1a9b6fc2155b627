internal import Client
internal import Model

/// The tables of `kafka-consumer-groups --describe`, as Kafka prints them: each line begins where the one
/// before ended, so the first is empty.
enum GroupReport {
    /// What stands in a cell of which nothing is known.
    static let missing = "-"

    /// One line of the table of offsets.
    struct OffsetRow: Hashable {
        var group: String
        var partition: TopicPartition?
        var committed: CommittedOffset?
        var logEndOffset: Offset?
        /// How old the oldest record is that the group has not read, in seconds; our own column.
        var lagTime: Int64?
        var consumerID = missing
        var host = missing
        var clientID = missing

        /// Records that the group has not read.
        var lag: Int64? {
            guard let committed, let logEndOffset else { return nil }
            return logEndOffset.rawValue - committed.offset.rawValue
        }
    }

    /// What is said about a group's state before its table, on which stream, and whether a table follows.
    struct Notice: Hashable {
        let text: String
        let isError: Bool
    }

    /// The line about the state of a group, if it needs one.
    static func notice(of group: String, state: String) -> Notice? {
        switch state {
        case "Dead":
            Notice(text: "\nError: Consumer group '\(group)' does not exist.", isError: false)
        case "Empty":
            Notice(text: "\nConsumer group '\(group)' has no active members.", isError: true)
        case "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling":
            Notice(text: "\nWarning: Consumer group '\(group)' is rebalancing.", isError: true)
        default: nil
        }
    }

    // MARK: Lists

    /// `--list` with states or types.
    static func list(_ groups: [GroupListing], types: Bool, states: Bool) -> [String] {
        let width = (groups.map(\.id.count) + [15]).max().map { $0 + 10 } ?? 25
        func line(_ id: String, _ type: String, _ state: String) -> String {
            var text = Format.left(id, width)
            if types { text += " " + Format.left(type, 20) }
            if states { text += " " + Format.left(state, 20) }
            return text
        }
        return [line("GROUP", "TYPE", "STATE")]
            + groups.map { line($0.id, named($0.type), named($0.state)) }
    }

    private static func named(_ text: String) -> String { text.isEmpty ? "Unknown" : text }

    /// Rows under a header: each cell padded to its column's width, the last one not.
    static func table(_ rows: [[String]], widths: [Int]) -> [String] {
        rows.map { row in
            row.enumerated().map { index, cell in
                index < widths.count ? Format.left(cell, widths[index]) : cell
            }.joined(separator: " ")
        }
    }

    /// The width of a column: its longest cell, at least `least`.
    static func width(_ cells: [String], least: Int = 15) -> Int {
        max(least, cells.map(\.count).max() ?? 0)
    }

    // MARK: Descriptions

    /// The table of offsets. `lagTime` adds our own column after Kafka's.
    static func offsets(_ rows: [OffsetRow], verbose: Bool, lagTime: Bool) -> [String] {
        var header = ["GROUP", "TOPIC", "PARTITION"]
        if verbose { header.append("LEADER-EPOCH") }
        header += ["CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"]
        if lagTime { header.append("LAG-SECONDS") }
        let lines = rows.map { row -> [String] in
            var line = [
                row.group, row.partition?.topic ?? missing,
                row.partition.map { "\($0.partition)" } ?? missing,
            ]
            if verbose {
                let epoch = row.committed?.leaderEpoch ?? .none
                line.append(epoch == .none ? missing : "\(epoch.rawValue)")
            }
            line += [
                row.committed.map { "\($0.offset.rawValue)" } ?? missing,
                row.logEndOffset.map { "\($0.rawValue)" } ?? missing,
                row.lag.map { "\($0)" } ?? missing, row.consumerID, row.host, row.clientID,
            ]
            if lagTime { line.append(row.lagTime.map { "\($0)" } ?? missing) }
            return line
        }
        var widths = [width(rows.map(\.group)), width(lines.map { $0[1] }), 10]
        if verbose { widths.append(15) }
        widths += [15, 15, 15, width(rows.map(\.consumerID)), width(rows.map(\.host))]
        if lagTime { widths.append(width(rows.map(\.clientID))) }
        return table([header] + lines, widths: widths)
    }

    /// The table of members.
    static func members(_ group: GroupDescription, verbose: Bool) -> [String] {
        let members = group.members
        let hasInstances = members.contains { $0.instanceID != nil }
        let kinds = Set(members.compactMap(\.isUpgraded))
        let migrates = kinds.count == 2
        var header = ["GROUP", "CONSUMER-ID"]
        if hasInstances { header.append("GROUP-INSTANCE-ID") }
        header += ["HOST", "CLIENT-ID", "#PARTITIONS"]
        var widths = [width([group.id]), width(members.map(\.id))]
        if hasInstances { widths.append(width(members.map { $0.instanceID ?? "" }, least: 17)) }
        widths += [width(members.map(\.host)), width(members.map(\.clientID)), 15]
        if verbose {
            header += ["CURRENT-EPOCH", "CURRENT-ASSIGNMENT", "TARGET-EPOCH", "TARGET-ASSIGNMENT"]
            let current = members.map { assignment($0.assignment) }
            let target = members.map { assignment($0.target) }
            widths += [15, width(current, least: 20), 15, width(target, least: 20)]
            if migrates { header.append("UPGRADED") }
        }
        let rows = members.map { member -> [String] in
            var row = [group.id, member.id]
            if hasInstances { row.append(member.instanceID ?? "") }
            row += [member.host, member.clientID, "\(member.assignment?.count ?? 0)"]
            guard verbose else { return row }
            row += [
                member.epoch.map { "\($0)" } ?? missing, assignment(member.assignment),
                group.targetEpoch.map { "\($0)" } ?? missing, assignment(member.target),
            ]
            if migrates { row.append(member.isUpgraded.map { "\($0)" } ?? missing) }
            return row
        }
        // Kafka ends this table's lines with a blank.
        return table([header] + rows, widths: widths).map { verbose ? $0 : $0 + " " }
    }

    /// `t:0,1;u:2`
    static func assignment(_ partitions: [TopicPartition]?) -> String {
        guard let partitions, !partitions.isEmpty else { return missing }
        var topics: [(topic: String, numbers: [String])] = []
        for partition in partitions.sorted() {
            if topics.last?.topic != partition.topic { topics.append((partition.topic, [])) }
            topics[topics.count - 1].numbers.append("\(partition.partition)")
        }
        return topics.map { "\($0.topic):\($0.numbers.joined(separator: ","))" }
            .joined(separator: ";")
    }

    /// The group's own line.
    static func state(_ group: GroupDescription, verbose: Bool) -> [String] {
        let node = group.coordinator
        let coordinator = "\(node.address.host):\(node.address.port)  (\(node.id.rawValue))"
        let strategy = group.assignor.isEmpty ? missing : group.assignor
        var header = ["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE"]
        var row = [group.id, coordinator, strategy, group.state]
        var widths = [width([group.id]), width([coordinator], least: 25), 20, 20]
        if verbose {
            header += ["GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH"]
            row += [group.epoch, group.targetEpoch].map { $0.map { "\($0)" } ?? missing }
            widths += [15, 25]
        }
        header.append("#MEMBERS")
        row.append("\(group.members.count)")
        return table([header, row], widths: widths)
    }

    /// Why the group rebalanced, oldest first; a table of our own.
    static func history(_ group: GroupDescription) -> [String] {
        let header = [
            "GROUP", "BEGAN", "TOOK-MS", "GENERATION", "#MEMBERS", "MEMBER", "WAITED-FOR", "CAUSE",
        ]
        func named(_ member: String) -> String { member.isEmpty ? missing : member }
        let rows = group.history.map { one in
            [
                group.id, TimeText.render(one.began), "\(one.took.inMilliseconds)",
                "\(one.generation)", "\(one.memberCount)", named(one.member),
                named(one.waitedFor) + (one.hasTimedOut ? " (removed)" : ""), one.cause,
            ]
        }
        let widths = [
            width([group.id]), 23, 10, 10, 8, width(rows.map { $0[5] }), width(rows.map { $0[6] }),
        ]
        return table([header] + rows, widths: widths)
    }

    // MARK: Changes

    /// What `--reset-offsets` sets, or would.
    static func reset(
        _ offsets: [(group: String, partition: TopicPartition, offset: Offset)]
    ) -> [String] {
        let widths = [
            width(offsets.map(\.group), least: 30),
            width(offsets.map(\.partition.topic), least: 30),
            10,
        ]
        let rows = offsets.map {
            [$0.group, $0.partition.topic, "\($0.partition.partition)", "\($0.offset.rawValue)"]
        }
        return table([["GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"]] + rows, widths: widths)
            .enumerated().map { index, line in
                // The last column is padded too.
                let last = index == 0 ? "NEW-OFFSET" : rows[index - 1][3]
                return line + String(repeating: " ", count: max(0, 15 - last.count))
            }
    }

    /// `--export`: the group's column only where there are several groups.
    static func csv(
        _ offsets: [(group: String, partition: TopicPartition, offset: Offset)], groups: Int
    ) -> [String] {
        offsets.map { entry in
            let rest =
                "\(quoted(entry.partition.topic)),\(entry.partition.partition),\(entry.offset.rawValue)"
            return groups > 1 ? "\(quoted(entry.group)),\(rest)" : rest
        }
    }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    /// What came of deleting offsets.
    static func deleted(
        _ results: [(topic: String, partition: Int32?, failure: ClientError?)]
    ) -> [String] {
        let widths = [width(results.map(\.topic)), 10, 15]
        let rows = results.map { result in
            [
                result.topic, result.partition.map { "\($0)" } ?? missing,
                result.failure.map { "Error: \($0.description)" } ?? "Successful",
            ]
        }
        return table([["TOPIC", "PARTITION", "STATUS"]] + rows, widths: widths)
    }
}
