internal import Bytes
internal import Model
internal import Ports
internal import Records

/// One stretch of a log: a `.log` file of batches and the indexes that lead into it.
///
/// A segment is *open* while it is the last of its log and appended to, then *sealed* for good;
/// recovery and truncation may open it again. Its files come to be with its first batch (or
/// `create`), so that a log nobody writes to costs nothing on the disk.
///
/// Invariants. `size` is the length that counts: bytes of the file beyond it are remains of a
/// failed write and are cut before the next one. Index entries point at batches below `size`.
/// Offsets of batches lie in `baseOffset ..< nextOffset` and fit 31 bits above the base.
final class Segment {
    let baseOffset: Offset
    let directory: String
    let fileSystem: any FileSystem

    /// Bytes of whole batches.
    var size = 0
    /// The offset after the last batch; in a sealed segment the base of the next.
    var nextOffset: Offset
    /// Largest timestamp of a batch, -1 in an empty segment, and the last offset of that batch.
    var maxTimestamp = Timestamp.none
    var offsetOfMaxTimestamp: Offset

    var offsetIndex: OffsetIndex
    var timeIndex: TimeIndex
    var transactionIndex: TransactionIndex
    var bytesSinceIndexEntry = 0

    /// When the segment was made or opened, for rolling where records carry no time.
    let createdAt: Timestamp
    /// The largest timestamp of the first batch, once known.
    var firstTimestamp: Timestamp?

    var recents = RecentBoundaries()
    var hints = ReadHints()

    /// Whether there is a `.log` file.
    private(set) var isOnDisk: Bool
    private var openFile: (any File)?
    /// Bytes for which the disk has reserved blocks.
    private var reserved = 0
    /// The last attempt to write index entries failed.
    private(set) var isIndexUnwritable = false
    /// A failed write left bytes beyond `size`.
    private var isTailDamaged = false

    /// A segment that is not on the disk yet, or with `isOnDisk` one whose files are read by
    /// `open…`.
    init(
        at baseOffset: Offset, in directory: String, on fileSystem: any FileSystem,
        isOnDisk: Bool, hasTransactionIndex: Bool = false, now: Timestamp
    ) {
        func path(_ kind: SegmentFileKind) -> String {
            PathName.join(directory, SegmentFileName(baseOffset, kind).description)
        }
        self.baseOffset = baseOffset
        self.directory = directory
        self.fileSystem = fileSystem
        self.isOnDisk = isOnDisk
        nextOffset = baseOffset
        offsetOfMaxTimestamp = baseOffset
        createdAt = now
        offsetIndex = OffsetIndex(
            baseOffset: baseOffset, path: path(.offsetIndex), on: fileSystem)
        timeIndex = TimeIndex(baseOffset: baseOffset, path: path(.timeIndex), on: fileSystem)
        transactionIndex = TransactionIndex(
            path: path(.transactionIndex), on: fileSystem, isNew: !hasTransactionIndex)
    }

    func path(_ kind: SegmentFileKind) -> String {
        PathName.join(directory, SegmentFileName(baseOffset, kind).description)
    }

    /// The `.log` file, opened when first needed.
    func file() throws(LogError) -> any File {
        if let openFile { return openFile }
        let path = path(.log)
        let file = try onDisk { () throws(FileError) in try fileSystem.open(path, .readWrite) }
        file.watchDisk()
        openFile = file
        return file
    }

    /// The `.log` file if it is open: unsynced bytes were written through it.
    var openLogFile: (any File)? { openFile }

    /// Makes the `.log` file. The directory must exist, and is to be synced by the caller.
    func create() throws(LogError) {
        guard !isOnDisk else { return }
        let path = path(.log)
        let file = try onDisk { () throws(FileError) in try fileSystem.open(path, .replace) }
        file.watchDisk()
        openFile = file
        isOnDisk = true
    }

    /// A sealed segment whose files were just written, as their writer describes them.
    convenience init(
        _ facts: SealedFacts, in directory: String, on fileSystem: any FileSystem, now: Timestamp
    ) {
        self.init(
            at: facts.baseOffset, in: directory, on: fileSystem, isOnDisk: true, now: now)
        size = facts.size
        nextOffset = facts.nextOffset
        maxTimestamp = facts.maxTimestamp
        offsetOfMaxTimestamp = facts.offsetOfMaxTimestamp
        firstTimestamp = facts.firstTimestamp
        offsetIndex.adopt(count: facts.offsetEntries, last: facts.lastOffsetEntry)
        timeIndex.adopt(count: facts.timeEntries, last: facts.lastTimeEntry)
        transactionIndex.adopt(facts.aborted)
    }

    // MARK: Appending

    /// Writes `parts`, the bytes of `batches` in order, and leads the indexes on. The caller has
    /// checked offsets and room. If the write fails nothing changes, and what was written is cut
    /// off.
    func append(
        _ parts: [SharedBytes], _ batches: [RecordBatchHeader], settings: LogConfiguration
    ) throws(LogError) {
        precondition(isOnDisk, "a segment is made before it is written")
        let file = try file()
        if isTailDamaged { try repairTail(file) }
        let bytes = batches.reduce(0) { $0 + $1.sizeInBytes }
        if settings.reservesAhead {
            reserve(file, upTo: size + bytes, settings)
        }
        let end = Int64(size)
        do throws(FileError) {
            try file.write(parts, at: end)
        } catch {
            undoWrite(file)
            throw .file(error)
        }
        for batch in batches { account(for: batch, settings.indexIntervalBytes) }
    }

    /// Cuts off what a failed write may have left. If that fails too, the next append tries again
    /// and reports it.
    private func undoWrite(_ file: any File) {
        do throws(FileError) {
            try file.truncate(to: Int64(size))
            isTailDamaged = false
        } catch {
            isTailDamaged = true
        }
    }

    /// Cuts off what a failed write left, before another byte is written.
    private func repairTail(_ file: any File) throws(LogError) {
        do throws(FileError) {
            try file.truncate(to: Int64(size))
            isTailDamaged = false
        } catch {
            throw .damagedTail(path: file.path)
        }
    }

    /// Notes a batch that lies at `size`: indexes, largest timestamp, size.
    func account(for batch: RecordBatchHeader, _ indexIntervalBytes: Int) {
        precondition(batch.baseOffset >= nextOffset, "offsets of a segment ascend")
        precondition(batch.lastOffset - baseOffset <= Int64(Int32.max), "offsets fit the index")
        noteTimestamp(of: batch)
        if size == 0 { firstTimestamp = batch.maxTimestamp }
        if bytesSinceIndexEntry > indexIntervalBytes {
            offsetIndex.append(offset: batch.lastOffset, position: size)
            timeIndex.append(maxTimestamp, offset: offsetOfMaxTimestamp)
            bytesSinceIndexEntry = 0
        }
        if size == 0 || batch.baseOffset > nextOffset { recents.note(batch.baseOffset, at: size) }
        size += batch.sizeInBytes
        bytesSinceIndexEntry += batch.sizeInBytes
        nextOffset = batch.nextOffset
        recents.note(nextOffset, at: size)
    }

    func noteTimestamp(of batch: RecordBatchHeader) {
        guard batch.maxTimestamp > maxTimestamp else { return }
        maxTimestamp = batch.maxTimestamp
        offsetOfMaxTimestamp = batch.lastOffset
    }

    /// Asks the disk for blocks ahead of the writer. A disk that cannot do it, or is nearly full,
    /// is no error: the write itself will tell.
    private func reserve(_ file: any File, upTo end: Int, _ settings: LogConfiguration) {
        guard end > reserved, settings.preallocates || end >= LogLimit.reserveFrom else { return }
        let step = settings.preallocates ? settings.segmentBytes : min(end, LogLimit.reserveStepMax)
        let target = min(max(settings.segmentBytes, end), end + step)
        do throws(FileError) {
            try file.preallocate(upTo: Int64(target))
            reserved = target
        } catch {
            reserved = .max
        }
    }

    // MARK: The end of its life as the last one

    /// Closes the indexes with an entry for the largest timestamp, writes everything and gives up
    /// reserved blocks. Gives back the files that a flush must sync before the segment can be
    /// trusted.
    func seal() throws(LogError) -> [any File] {
        guard isOnDisk else { return [] }
        let file = try file()
        timeIndex.append(maxTimestamp, offset: offsetOfMaxTimestamp)
        if isTailDamaged { try repairTail(file) }
        if reserved > size, reserved != .max {
            let end = Int64(size)
            try onDisk { () throws(FileError) in try file.truncate(to: end) }
        }
        reserved = 0
        recents.removeAll()
        var files = [file, try offsetIndex.seal(), try timeIndex.seal()]
        if let transactions = try transactionIndex.write() { files.append(transactions) }
        return files
    }

    /// Writes the index entries that wait in memory, once there are many. The batches they point at
    /// are written, so a failure must not fail the append: the entries stay in memory, where they
    /// are found too, and the next append tries again. Closing the segment reports it.
    func writeIndexes() {
        guard offsetIndex.pendingCount >= LogLimit.pendingIndexEntries else { return }
        do throws(LogError) {
            try offsetIndex.write()
            try timeIndex.write()
            isIndexUnwritable = false
        } catch {
            isIndexUnwritable = true
        }
    }

    /// Writes what a recovery below the next recovery point relies on. Gives back the files to
    /// sync.
    func writeForCheckpoint() throws(LogError) -> [any File] {
        guard isOnDisk else { return [] }
        var files: [any File] = []
        if let file = try transactionIndex.write() { files.append(file) }
        if let first = offsetIndex.firstPending, size - first.position >= LogLimit.snapshotInterval
        {
            // The next check begins at an entry of the files; a little log is read faster than they are synced.
            files.append(try offsetIndex.writeForSync())
            files.append(try timeIndex.writeForSync())
        }
        return files
    }

    /// Lets go of all descriptors. Readers that still send from the file keep it open until they
    /// are done.
    func release() {
        openFile = nil
        offsetIndex.release()
        timeIndex.release()
        transactionIndex.release()
    }

    /// Names of the files that may exist, for renaming or removing them.
    var fileKinds: [SegmentFileKind] { [.log, .offsetIndex, .timeIndex, .transactionIndex] }

    /// Cuts the `.log` file to `size` bytes.
    func truncateFile(to size: Int) throws(LogError) {
        let file = try file()
        try onDisk { () throws(FileError) in try file.truncate(to: Int64(size)) }
        isTailDamaged = false
        reserved = 0
    }
}
