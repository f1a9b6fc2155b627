internal import Bytes
internal import Model
internal import Records

/// One record of a log, by what tells it from all others.
struct RecordPrint: Equatable {
    let offset: Offset
    let key: SharedBytes?
    /// Nil of a tombstone.
    let value: SharedBytes?
}

/// What is committed of a log that is compacted, record by record: of each key the newest must stay, and what stays
/// must be what it was.
struct CommittedRecords {
    private var records: [RecordPrint] = []
    private var newest: [SharedBytes: Offset] = [:]

    mutating func append(_ more: [RecordPrint]) {
        records += more
        for record in more { if let key = record.key { newest[key] = record.offset } }
    }

    /// How `log` is no compaction of what is committed in `range`; nil if it is one.
    func difference(from log: DiskLog, in range: Range<Offset>) -> String? {
        let found = log.records(in: range)
        guard log.compactedEnd >= range.upperBound else {
            return "it ends at \(log.compactedEnd.rawValue), before \(range.upperBound.rawValue)"
        }
        var next = found.startIndex
        for record in records[firstIndex(from: range.lowerBound)...] {
            guard record.offset < range.upperBound else { break }
            if next < found.endIndex, found[next].offset == record.offset {
                guard found[next] == record else {
                    return "another record at \(record.offset.rawValue)"
                }
                next += 1
            } else if !isSuperseded(record) {
                return "no record at \(record.offset.rawValue), which is the newest of its key"
            }
        }
        guard next == found.endIndex else {
            return "a record at \(found[next].offset.rawValue), where none is committed"
        }
        return nil
    }

    private func isSuperseded(_ record: RecordPrint) -> Bool {
        record.key.flatMap { newest[$0] }.map { $0 > record.offset } ?? false
    }

    private func firstIndex(from offset: Offset) -> Int {
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if records[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
