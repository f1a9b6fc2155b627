internal import Client
internal import Model

extension OffsetResetter {
    func offsets(
        of group: String, _ admin: Admin
    ) async throws(ToolFailure) -> [TopicPartition: Offset] {
        let committed = try await reporting("Error: ") { () async throws(ClientError) in
            try await admin.listGroupOffsets(group)
        }
        var wanted = committed.keys.sorted()
        if arguments.has("topic") {
            wanted = try await Self.existing(arguments.values("topic"), admin)
        }
        switch method {
        case .earliest: return try await Self.listed(wanted, .earliest, admin)
        case .latest: return try await Self.listed(wanted, .latest, admin)
        case .current:
            var found = try await Self.listed(
                wanted.filter { committed[$0] == nil }, .latest, admin)
            for partition in wanted {
                if let offset = committed[partition] { found[partition] = offset.offset }
            }
            return found
        case .offset(let offset):
            return try await within(
                Dictionary(uniqueKeysWithValues: wanted.map { ($0, Offset(offset)) }), admin)
        case .shift(let count):
            var shifted: [TopicPartition: Offset] = [:]
            for partition in wanted {
                guard let offset = committed[partition] else {
                    throw .failed(
                        "Error: Cannot shift offset for partition \(partition) since there is no "
                            + "current committed offset")
                }
                shifted[partition] = Offset(Self.sum(offset.offset.rawValue, count))
            }
            return try await within(shifted, admin)
        case .time(let time): return try await at(time, wanted, admin)
        case .duration(let length):
            let now = await admin.wallTime()
            return try await at(
                Timestamp(max(0, Self.sum(now.rawValue, -length.inMilliseconds))), wanted, admin)
        case .file: return [:]
        }
    }

    /// A sum that ends at the ends of its type.
    private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, isTooLarge) = a.addingReportingOverflow(b)
        return isTooLarge ? (b < 0 ? .min : .max) : sum
    }

    /// The first record of a time; the end where none is that young.
    private func at(
        _ time: Timestamp, _ wanted: [TopicPartition], _ admin: Admin
    ) async throws(ToolFailure) -> [TopicPartition: Offset] {
        var found = try await Self.listed(wanted, .timestamp(time), admin)
        let without = wanted.filter { found[$0] == Offset.none }
        for partition in without {
            host.output.line(
                "\nWarn: Partition \(partition.partition) from topic \(partition.topic) is empty. "
                    + "Falling back to latest known offset.")
        }
        let ends = try await Self.listed(without, .latest, admin)
        found.merge(ends) { _, end in end }
        return found
    }

    /// Offsets beyond an end of the log become that end.
    func within(
        _ offsets: [TopicPartition: Offset], _ admin: Admin
    ) async throws(ToolFailure) -> [TopicPartition: Offset] {
        let partitions = offsets.keys.sorted()
        let starts = try await Self.listed(partitions, .earliest, admin)
        let ends = try await Self.listed(partitions, .latest, admin)
        var kept = offsets
        for partition in partitions {
            guard let start = starts[partition], let end = ends[partition] else { continue }
            guard let offset = offsets[partition] else { continue }
            let nearest = min(max(offset, start), end)
            guard nearest != offset else { continue }
            host.output.error(
                "New offset (\(offset.rawValue)) is \(offset > end ? "higher than latest" : "lower than earliest") "
                    + "offset for topic partition \(partition). Value will be set to "
                    + "\(nearest.rawValue).")
            kept[partition] = nearest
        }
        return kept
    }

    private static func listed(
        _ partitions: [TopicPartition], _ spec: OffsetSpec, _ admin: Admin
    ) async throws(ToolFailure) -> [TopicPartition: Offset] {
        let results = try await reporting("Error: ") { () async throws(ClientError) in
            try await admin.listOffsets(partitions.map { (partition: $0, spec: spec) })
        }
        var found: [TopicPartition: Offset] = [:]
        for (partition, result) in results {
            switch result {
            case .success(let listed): found[partition] = listed.offset
            case .failure(let error):
                throw .failed("Error: \(partition): \(error.description)")
            }
        }
        return found
    }

    /// The partitions that `topic` or `topic:0,1` name, ascending, if all of them are there.
    static func existing(
        _ names: [String], _ admin: Admin
    ) async throws(ToolFailure) -> [TopicPartition] {
        let (known, unknown) = try await partitions(of: names, admin)
        guard unknown.isEmpty else {
            throw .failed(
                "Error: The partitions \"\(unknown.joined(separator: ","))\" do not exist")
        }
        return known
    }

    /// The partitions that `topic` or `topic:0,1` name, ascending, and the topics that are not there.
    static func partitions(
        of names: [String], _ admin: Admin
    ) async throws(ToolFailure) -> (known: [TopicPartition], unknown: [String]) {
        var wanted: [(topic: String, numbers: [Int32]?)] = []
        for name in names {
            guard let colon = name.lastIndex(of: ":") else {
                wanted.append((name, nil))
                continue
            }
            var numbers: [Int32] = []
            for part in name[name.index(after: colon)...].split(separator: ",") {
                guard let number = Int32(part), number >= 0 else {
                    throw .usage("Invalid partition '\(part)' specified in topic arg '\(name)'")
                }
                numbers.append(number)
            }
            wanted.append((String(name[..<colon]), numbers))
        }
        let topics = Set(wanted.map(\.topic)).sorted()
        let described = try await reporting("Error: ") { () async throws(ClientError) in
            try await admin.describeTopics(topics)
        }
        var counts: [String: Int32] = [:]
        for (name, result) in described {
            if case .success(let topic) = result {
                counts[name] = Int32(clamping: topic.partitions.count)
            }
        }
        var known: Set<TopicPartition> = []
        var unknown: [String] = []
        for item in wanted {
            let count = counts[item.topic] ?? 0
            let numbers = item.numbers ?? Array(0..<count)
            if count == 0 { unknown.append(item.topic) }
            for number in numbers where count > 0 {
                let partition = TopicPartition(item.topic, number)
                if number < count {
                    known.insert(partition)
                } else {
                    unknown.append("\(partition)")
                }
            }
        }
        return (known.sorted(), unknown)
    }
}
