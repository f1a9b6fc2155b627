internal import Bytes
internal import Model
internal import Ports
internal import ProducerState
internal import Records

/// What is known of a sealed segment whose files were just written: enough to use them without a look.
struct SealedFacts: Sendable {
    let baseOffset: Offset
    let nextOffset: Offset
    var size = 0
    var maxTimestamp = Timestamp.none
    var offsetOfMaxTimestamp: Offset
    var firstTimestamp: Timestamp?
    var offsetEntries = 0
    var lastOffsetEntry: OffsetIndex.Entry?
    var timeEntries = 0
    var lastTimeEntry: TimeIndex.Entry?
    var aborted: [AbortedTransaction] = []

    init(at base: Offset, next: Offset) {
        baseOffset = base
        nextOffset = next
        offsetOfMaxTimestamp = base
    }
}

/// Writes one compacted segment under `.cleaned` names, beside the segments it is made from.
struct SegmentRewriter: Sendable {
    static let cleanedSuffix = ".cleaned"
    /// Bytes gathered into one write.
    private static let writeSize = 256 << 10

    private(set) var facts: SealedFacts
    private let fileSystem: any FileSystem
    private let directory: String
    private let file: any File
    private let indexInterval: Int
    private var offsetIndex: OffsetIndex
    private var timeIndex: TimeIndex
    private var bytesSinceIndexEntry = 0
    private var waiting: [SharedBytes] = []
    private var waitingBytes = 0
    private var written = 0
    private var nextOffset: Offset

    init(
        at base: Offset, next: Offset, in directory: String, indexInterval: Int,
        on fileSystem: any FileSystem
    ) throws(LogError) {
        func path(_ kind: SegmentFileKind) -> String {
            Self.path(base, kind, in: directory, Self.cleanedSuffix)
        }
        facts = SealedFacts(at: base, next: next)
        nextOffset = base
        self.fileSystem = fileSystem
        self.directory = directory
        self.indexInterval = indexInterval
        // The group before may still be `.swap` on the disk, and a `.cleaned` beside it would have it dropped.
        try onDisk { () throws(FileError) in try fileSystem.syncDirectory(directory) }
        for kind in Self.kinds { try Self.remove(path(kind), on: fileSystem) }
        file = try onDisk { () throws(FileError) in try fileSystem.open(path(.log), .replace) }
        offsetIndex = OffsetIndex(baseOffset: base, path: path(.offsetIndex), on: fileSystem)
        timeIndex = TimeIndex(baseOffset: base, path: path(.timeIndex), on: fileSystem)
    }

    /// The kinds of a segment's files; the log is last, as it is what makes the others count.
    static let kinds: [SegmentFileKind] = [.transactionIndex, .timeIndex, .offsetIndex, .log]

    static func path(
        _ base: Offset, _ kind: SegmentFileKind, in directory: String, _ suffix: String
    ) -> String {
        PathName.join(directory, SegmentFileName(base, kind).description + suffix)
    }

    static func remove(_ path: String, on fileSystem: any FileSystem) throws(LogError) {
        do throws(FileError) {
            try fileSystem.remove(path)
        } catch {
            guard error.kind == .notFound else { throw .file(error) }
        }
    }

    /// Adds a batch behind the last.
    mutating func append(_ batch: RecordBatchView) throws(LogError) {
        let header = batch.header
        precondition(header.baseOffset >= nextOffset, "offsets of a segment ascend")
        precondition(header.nextOffset <= facts.nextOffset, "a batch lies inside its segment")
        if header.maxTimestamp > facts.maxTimestamp {
            facts.maxTimestamp = header.maxTimestamp
            facts.offsetOfMaxTimestamp = header.lastOffset
        }
        if facts.size == 0 { facts.firstTimestamp = header.maxTimestamp }
        if bytesSinceIndexEntry > indexInterval {
            offsetIndex.append(offset: header.lastOffset, position: facts.size)
            timeIndex.append(facts.maxTimestamp, offset: facts.offsetOfMaxTimestamp)
            bytesSinceIndexEntry = 0
        }
        facts.size += header.sizeInBytes
        bytesSinceIndexEntry += header.sizeInBytes
        nextOffset = header.nextOffset
        waiting.append(batch.bytes)
        waitingBytes += header.sizeInBytes
        if waitingBytes >= Self.writeSize { try write() }
    }

    private mutating func write() throws(LogError) {
        guard !waiting.isEmpty else { return }
        let (parts, end) = (waiting, Int64(written))
        try onDisk { () throws(FileError) in try file.write(parts, at: end) }
        written += waitingBytes
        waiting = []
        waitingBytes = 0
        if offsetIndex.pendingCount >= LogLimit.pendingIndexEntries {
            try offsetIndex.write()
            try timeIndex.write()
        }
    }

    /// Writes what is left, with the transactions that the segment still shows the abort of, and makes the
    /// files durable.
    mutating func finish(aborted: [AbortedTransaction]) throws(LogError) {
        try write()
        timeIndex.append(facts.maxTimestamp, offset: facts.offsetOfMaxTimestamp)
        var files = [file, try offsetIndex.seal(), try timeIndex.seal()]
        if !aborted.isEmpty {
            var index = TransactionIndex(
                path: Self.path(
                    facts.baseOffset, .transactionIndex, in: directory, Self.cleanedSuffix),
                on: fileSystem, isNew: true)
            for transaction in aborted { try index.append(transaction) }
            if let written = try index.write() { files.append(written) }
        }
        facts.aborted = aborted
        facts.offsetEntries = offsetIndex.count
        facts.lastOffsetEntry = offsetIndex.last
        facts.timeEntries = timeIndex.count
        facts.lastTimeEntry = timeIndex.last
        for one in files { try onDisk { () throws(FileError) in try one.sync() } }
        for one in files { one.close() }
    }
}
