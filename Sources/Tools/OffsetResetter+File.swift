internal import Client
internal import Model

extension OffsetResetter {
    /// Nil unless a file is the method.
    func filePlans(
        _ groups: [String]
    ) throws(ToolFailure) -> [String: [TopicPartition: Offset]]? {
        guard case .file(let path) = method else { return nil }
        return try Self.plans(try host.text(ofFile: path), groups: groups)
    }

    /// Lines `topic,partition,offset`, or with a group before them.
    static func plans(
        _ text: String, groups: [String]
    ) throws(ToolFailure) -> [String: [TopicPartition: Offset]] {
        var plans: [String: [TopicPartition: Offset]] = [:]
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            var cells = CSVLine.cells(String(line))
            if cells.count == 3, let only = groups.first, groups.count == 1 {
                cells.insert(only, at: 0)
            }
            guard cells.count == 4, let number = Int32(cells[2]), number >= 0,
                let offset = Int64(cells[3])
            else {
                throw .failed("Error: line \(index + 1) is not topic,partition,offset: \(line)")
            }
            plans[cells[0], default: [:]][TopicPartition(cells[1], number)] = Offset(offset)
        }
        return plans
    }
}

/// One line of comma-separated values, with quotes.
enum CSVLine {
    static func cells(_ line: String) -> [String] {
        var cells = [""]
        var isQuoted = false
        var characters = line[...]
        while let character = characters.popFirst() {
            switch character {
            case "\"" where isQuoted && characters.first == "\"":
                characters.removeFirst()
                cells[cells.count - 1].append("\"")
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: cells.append("")
            default: cells[cells.count - 1].append(character)
            }
        }
        return cells
    }
}
