internal import Bytes
package import Model
internal import Ports
internal import Records

/// Re-reads one segment, in steps of about a megabyte: every batch by its checksum, and, if the segment is sealed,
/// every entry of its indexes by the batch that it points at or tells of.
///
/// A value: whoever has time does the next step. It holds the file open, so that a segment that is compacted or
/// deleted meanwhile is read to its end; what is found then says nothing of the log (`PartitionLog.holds`).
package struct SegmentScan: Sendable {
    /// What a step came to.
    package enum Progress: Sendable {
        case more(bytes: Int)
        case whole(bytes: Int)
        case damaged(Damage)
        /// The segment's files are gone.
        case gone
    }

    /// What is wrong with a segment.
    package struct Damage: Hashable, Sendable {
        package let path: String
        /// Everything before is as it was written.
        package let offset: Offset
        /// As far as can be told, everything from here on is too.
        package let end: Offset
        package let reason: String

        /// Whether records are damaged, and not only what leads to them.
        package var isInRecords: Bool { offset < end }
    }

    /// Bytes read in one step.
    package static let stepSize = 1 << 20

    package let baseOffset: Offset
    package let nextOffset: Offset
    let size: Int
    private let path: String
    private let fileSystem: any FileSystem
    private var file: (any File)?
    private var position = 0
    private var expected: Offset
    private var offsets: IndexCheck<OffsetIndex.Entry>
    private var times: IndexCheck<TimeIndex.Entry>
    private let transactionsPath: String
    private var transactions: TransactionCheck
    private var maxTimestamp = Timestamp.none
    private let epochs: LeaderEpochCache
    /// Where the last batch began: its own base offset is only known to be right when the next one fits.
    private var previous: Offset
    private let isSealed: Bool
    /// Of the batches of one step, and whether they have a record for each offset.
    private var digest = BatchDigest()
    private var hasAllRecords = true
    /// What was read and found whole, one mark for each step, to be compared with other replicas.
    package private(set) var marks: [DigestMark] = []

    init(_ segment: Segment, isSealed: Bool, epochs: LeaderEpochCache) {
        self.isSealed = isSealed
        baseOffset = segment.baseOffset
        nextOffset = segment.nextOffset
        size = segment.size
        path = segment.path(.log)
        fileSystem = segment.fileSystem
        expected = segment.baseOffset
        previous = segment.baseOffset
        self.epochs = epochs
        transactionsPath = segment.path(.transactionIndex)
        transactions = TransactionCheck(from: segment.baseOffset, [])
        offsets = IndexCheck(path: segment.path(.offsetIndex))
        times = IndexCheck(path: segment.path(.timeIndex))
    }

    /// Reads on. Blocks on the disk.
    package mutating func step() throws(LogError) -> Progress {
        let file: any File
        do throws(LogError) {
            file = try opened()
        } catch .file(let error) where error.kind == .notFound {
            return .gone
        } catch .corruptFile(let path, let reason) {
            return .damaged(
                Damage(path: path, offset: nextOffset, end: nextOffset, reason: reason))
        } catch {
            throw error
        }
        let begin = position
        defer { file.noteChecked(Int64(begin)..<Int64(position)) }
        guard try file.sizeOnDisk() >= Int64(size) else {
            return damaged("the file is shorter than its log")
        }
        var scanner = BatchScanner(file, from: position, to: size, window: Self.stepSize)
        (digest, hasAllRecords) = (BatchDigest(), true)
        while scanner.position - begin < Self.stepSize, let header = try scanner.header() {
            if header.baseOffset > expected || !header.hasAllRecords { hasAllRecords = false }
            if let fault = try fault(of: header, &scanner) { return fault }
            scanner.skip(header)
            position = scanner.position
            digest.add(header)
        }
        marks.append(DigestMark(end: expected, digest: digest, hasAllRecords: hasAllRecords))
        if let fault = scanner.fault { return damaged("\(fault)") }
        guard position >= size else { return .more(bytes: position - begin) }
        if let damage = offsets.leftover(at: nextOffset) ?? times.leftover(at: nextOffset) {
            return .damaged(damage)
        }
        if isSealed, transactions.isWrong {
            return .damaged(
                Damage(
                    path: transactionsPath, offset: nextOffset, end: nextOffset,
                    reason: "other aborted transactions than the log's"))
        }
        return .whole(bytes: position - begin)
    }

    private func damaged(_ reason: String, until end: Offset? = nil) -> Progress {
        .damaged(Damage(path: path, offset: expected, end: end ?? nextOffset, reason: reason))
    }

    private mutating func opened() throws(LogError) -> any File {
        if let file { return file }
        let (path, fileSystem) = (path, fileSystem)
        let opened = try onDisk { () throws(FileError) in try fileSystem.open(path, .read) }
        opened.watchDisk()
        file = opened
        // What an open segment's say is partly in memory.
        guard isSealed else { return opened }
        var offsetIndex = OffsetIndex(
            baseOffset: baseOffset, path: offsets.path, on: fileSystem)
        var timeIndex = TimeIndex(baseOffset: baseOffset, path: times.path, on: fileSystem)
        offsets.entries = try offsetIndex.entriesOnDisk()[...]
        times.entries = try timeIndex.entriesOnDisk()[...]
        var transactionIndex = TransactionIndex(
            path: transactionsPath, on: fileSystem, isNew: false)
        transactions = TransactionCheck(from: baseOffset, try transactionIndex.transactions())
        return opened
    }

    /// What is wrong with the batch, or with the entries that point at it.
    private mutating func fault(
        of header: RecordBatchHeader, _ scanner: inout BatchScanner
    ) throws(LogError) -> Progress? {
        guard header.baseOffset >= expected else {
            expected = previous
            return damaged("two batches whose offsets overlap")
        }
        guard header.nextOffset <= nextOffset else {
            return damaged("a batch of other offsets, \(header.baseOffset.rawValue)")
        }
        guard isOfItsEpoch(header, epochs) else {
            return damaged("a batch of another epoch, \(header.partitionLeaderEpoch.rawValue)")
        }
        do throws(LogError) {
            let batch = try scanner.batch(header)
            guard batch.isCRCValid() else {
                return damaged(
                    "a batch that its checksum does not fit", until: header.nextOffset)
            }
            transactions.pass(header, try batch.marker())
        } catch .corruptBatch(let fault) {
            return damaged("\(fault)")
        } catch {
            throw error
        }
        previous = expected
        expected = header.nextOffset
        maxTimestamp = max(maxTimestamp, header.maxTimestamp)
        for entry in offsets.take(while: { $0.position <= scanner.position })
        where entry.position != scanner.position || entry.offset != header.lastOffset {
            return .damaged(offsets.damage(at: nextOffset))
        }
        for entry in times.take(while: { $0.offset <= header.lastOffset })
        where entry.offset != header.lastOffset
            || (entry.timestamp != maxTimestamp && entry.timestamp != header.maxTimestamp)
        {
            return .damaged(times.damage(at: nextOffset))
        }
        return nil
    }
}

extension RecordBatchView {
    /// The end of a transaction that a batch tells; nil of any other batch.
    func marker() throws(LogError) -> EndTransactionMarker? {
        // One without records was compacted.
        guard header.isControl, header.isTransactional, header.recordCount > 0 else { return nil }
        do throws(RecordBatchError) {
            return try endTransactionMarker()
        } catch {
            throw .corruptBatch(error)
        }
    }
}

/// Whether the epoch of a batch, which its checksum does not cover, is that which began last before it.
func isOfItsEpoch(_ header: RecordBatchHeader, _ epochs: LeaderEpochCache) -> Bool {
    guard let epoch = epochs.epoch(at: header.baseOffset), header.partitionLeaderEpoch >= .zero
    else { return header.partitionLeaderEpoch <= .none || epochs.latest == nil }
    return header.partitionLeaderEpoch == epoch
}

/// Entries of an index on their way along the log.
private struct IndexCheck<Entry: Sendable>: Sendable {
    let path: String
    var entries: ArraySlice<Entry> = []

    init(path: String) { self.path = path }

    /// Takes the entries that the walk has come to.
    mutating func take(while isReached: (Entry) -> Bool) -> ArraySlice<Entry> {
        let taken = entries.prefix(while: isReached)
        entries = entries.dropFirst(taken.count)
        return taken
    }

    /// Entries that point at nothing.
    func leftover(at end: Offset) -> SegmentScan.Damage? {
        entries.isEmpty ? nil : damage(at: end)
    }

    /// All batches are whole: the damage begins behind them.
    func damage(at end: Offset) -> SegmentScan.Damage {
        SegmentScan.Damage(
            path: path, offset: end, end: end, reason: "an entry that points at no batch")
    }
}
