internal import Bytes
internal import Model
internal import Ports
internal import ProducerState
internal import Records

/// Where a cleaning stands.
struct CleaningWork: SegmentWork {
    /// Bytes read in one step.
    static let stepSize = 1 << 20
    /// Segments that may become one: putting a group in place renames the files of all of them.
    static let groupMax = 32

    private enum Phase {
        /// Reading the part that was never compacted, from `position` in a segment.
        case mapping(source: Int, position: Int)
        /// Writing what stays of a group, from `position` in its segment `source`.
        case filtering(group: Int, source: Int, position: Int)
        case done
    }

    private let plan: CleaningPlan
    private let fileSystem: any FileSystem
    private var phase: Phase
    private var map: OffsetMap
    private var transactions: CleanedTransactions
    private var groups: [Range<Int>] = []
    private var rewriter: SegmentRewriter?
    private var outcome: CleaningOutcome

    init(_ plan: CleaningPlan, on fileSystem: any FileSystem) {
        self.plan = plan
        self.fileSystem = fileSystem
        map = OffsetMap(
            bytesMax: plan.means.mapBytes, loadFactor: plan.means.loadFactor,
            secret: plan.means.secret)
        let first = plan.sources.firstIndex { $0.nextOffset > plan.firstDirty }
        phase = .mapping(source: first ?? plan.sources.count, position: 0)
        transactions = CleanedTransactions(aborted: plan.aborted)
        outcome = CleaningOutcome(cleanedUpTo: plan.firstDirty)
    }

    /// The group that is being written.
    var unfinished: CleanedGroup? {
        rewriter.map { CleanedGroup(directory: plan.directory, replaced: [], facts: $0.facts) }
    }

    mutating func step() throws(LogError) -> CleaningJob.Progress {
        switch phase {
        case .mapping(let source, let position): try enter(source, from: position)
        case .filtering(let group, let source, let position):
            try filter(group, source, from: position)
        case .done: .done(outcome)
        }
    }

    private func scanner(_ source: CleaningPlan.Source, _ position: Int) throws(LogError)
        -> BatchScanner
    {
        let path = source.path
        let file = try onDisk { () throws(FileError) in try fileSystem.open(path, .read) }
        file.watchDisk()
        return BatchScanner(file, from: position, to: source.size, window: Self.stepSize)
    }

    /// A whole batch that is what it was when it was written.
    private static func checked(
        _ header: RecordBatchHeader, _ scanner: inout BatchScanner
    ) throws(LogError) -> RecordBatchView {
        let batch = try scanner.batch(header)
        do throws(RecordBatchError) {
            try batch.checkCRC()
        } catch {
            throw .corruptBatch(error)
        }
        return batch
    }

    // MARK: Mapping

    private mutating func enter(
        _ index: Int, from position: Int
    ) throws(LogError) -> CleaningJob.Progress {
        guard index < plan.sources.count else { return beginFiltering() }
        let source = plan.sources[index]
        var scanner = try scanner(source, position)
        while scanner.position - position < Self.stepSize, let header = try scanner.header() {
            guard try enter(header, &scanner) else { return beginFiltering() }
            scanner.skip(header)
        }
        if let fault = scanner.fault { throw .corruptBatch(fault) }
        let isAtEnd = scanner.position >= source.size
        if isAtEnd { map.reach(source.nextOffset - 1) }
        phase =
            isAtEnd
            ? .mapping(source: index + 1, position: 0)
            : .mapping(source: index, position: scanner.position)
        return .more(bytes: scanner.position - position)
    }

    /// Enters the keys of a batch. False if the map is full.
    private mutating func enter(
        _ header: RecordBatchHeader, _ scanner: inout BatchScanner
    ) throws(LogError) -> Bool {
        guard header.lastOffset >= plan.firstDirty else { return true }
        let batch = try Self.checked(header, &scanner)
        do throws(RecordBatchError) {
            if header.isControl {
                let marker = try batch.endTransactionMarker()
                _ = transactions.passed(control: header, marker: marker)
            } else if !transactions.passed(header) {
                var records = try batch.records()
                while let record = try records.next() {
                    guard let key = record.key, record.offset >= plan.firstDirty else { continue }
                    guard map.put(key, at: record.offset) else { return false }
                }
            }
        } catch {
            throw .corruptBatch(error)
        }
        map.reach(header.lastOffset)
        return true
    }

    // MARK: Filtering

    private mutating func beginFiltering() -> CleaningJob.Progress {
        guard map.latestOffset > .none else {
            phase = .done
            return .more(bytes: 0)
        }
        outcome.keys = map.count
        outcome.cleanedUpTo = max(plan.firstDirty, map.latestOffset.next)
        groups = Self.grouped(plan.sources, upTo: outcome.cleanedUpTo, plan.configuration)
        transactions = CleanedTransactions(aborted: plan.aborted)
        phase = .filtering(group: 0, source: groups.first?.lowerBound ?? 0, position: 0)
        return .more(bytes: 0)
    }

    /// Neighbours that fit one segment together become one.
    private static func grouped(
        _ sources: [CleaningPlan.Source], upTo end: Offset, _ configuration: LogConfiguration
    ) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        let count = sources.prefix { $0.baseOffset < end }.count
        var start = 0
        while start < count {
            var (size, entries) = (sources[start].size, sources[start].indexEntries)
            var next = start + 1
            while next < count, next - start < groupMax {
                let source = sources[next]
                size += source.size
                entries += source.indexEntries
                let span = source.nextOffset - sources[start].baseOffset
                guard size <= configuration.segmentBytes, span <= Int64(Int32.max),
                    entries * OffsetIndex.entrySize <= configuration.segmentIndexBytes
                else { break }
                next += 1
            }
            groups.append(start..<next)
            start = next
        }
        return groups
    }

    private mutating func filter(
        _ group: Int, _ index: Int, from position: Int
    ) throws(LogError) -> CleaningJob.Progress {
        guard group < groups.count else {
            phase = .done
            return .done(outcome)
        }
        let range = groups[group]
        if rewriter == nil { rewriter = try makeRewriter(range) }
        guard index < range.upperBound else { return try finish(group) }
        let source = plan.sources[index]
        var scanner = try scanner(source, position)
        let filter = BatchFilter(
            map: map, producers: plan.producers, horizon: plan.horizon,
            now: plan.now, end: outcome.cleanedUpTo)
        let before = outcome.bytesWritten
        while scanner.position - position < Self.stepSize, let header = try scanner.header() {
            let batch = try Self.checked(header, &scanner)
            try write(batch, filter)
            scanner.skip(header)
        }
        if let fault = scanner.fault { throw .corruptBatch(fault) }
        let read = scanner.position - position
        outcome.bytesRead += read
        phase =
            scanner.position >= source.size
            ? .filtering(group: group, source: index + 1, position: 0)
            : .filtering(group: group, source: index, position: scanner.position)
        return .more(bytes: read + outcome.bytesWritten - before)
    }

    private func makeRewriter(_ range: Range<Int>) throws(LogError) -> SegmentRewriter {
        try SegmentRewriter(
            at: plan.sources[range.lowerBound].baseOffset,
            next: plan.sources[range.upperBound - 1].nextOffset, in: plan.directory,
            indexInterval: plan.configuration.indexIntervalBytes, on: fileSystem)
    }

    private mutating func write(
        _ batch: RecordBatchView, _ filter: BatchFilter
    ) throws(LogError) {
        let kept: RecordBatchView
        do throws(RecordBatchError) {
            switch try filter.verdict(on: batch, &transactions) {
            case .gone: return
            case .unchanged: kept = batch
            case .rewritten(let bytes): kept = try RecordBatchView(bytes)
            }
        } catch {
            throw .corruptBatch(error)
        }
        try rewriter?.append(kept)
        outcome.bytesWritten += kept.sizeInBytes
    }

    private mutating func finish(_ group: Int) throws(LogError) -> CleaningJob.Progress {
        let range = groups[group]
        try rewriter?.finish(aborted: transactions.takeKept())
        guard let facts = rewriter?.facts else { preconditionFailure("a group is written first") }
        rewriter = nil
        phase = .filtering(group: group + 1, source: range.upperBound, position: 0)
        return .ready(
            CleanedGroup(
                directory: plan.directory,
                replaced: plan.sources[range].map(\.baseOffset), facts: facts),
            bytes: 0)
    }
}
