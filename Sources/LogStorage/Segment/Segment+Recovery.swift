internal import Bytes
internal import Model
internal import Ports
internal import Records

/// Opening a segment's files: trusted, or checked batch by batch.
extension Segment {
    /// What a check found.
    struct Checked {
        /// Bytes cut off at the end, and why the first of them is no batch.
        let cutOff: Int
        let fault: RecordBatchError?
    }

    /// Opens a sealed segment that was durable: the file is taken at its word, indexes are looked
    /// at and rebuilt if they are missing or damaged.
    ///
    /// False if its transaction index is damaged, which only a check of the batches can mend.
    func openSealed(
        nextOffset: Offset, _ settings: LogConfiguration
    ) throws(LogError) -> Bool {
        let file = try file()
        size = try fileSize(file)
        self.nextOffset = nextOffset
        do throws(LogError) {
            try offsetIndex.load()
            try timeIndex.load()
            if let last = offsetIndex.last, last.position >= size || last.offset >= nextOffset {
                throw .corruptFile(path: path(.offsetIndex), reason: "it points behind the log")
            }
            try loadLargestTimestamp()
        } catch {
            guard Self.isIndexFault(error) else { throw error }
            try rebuildIndexes(below: nextOffset, settings.indexIntervalBytes)
        }
        defer { release() }
        try cutStaleTail(at: nextOffset)
        self.nextOffset = nextOffset
        do throws(LogError) {
            try transactionIndex.preload(for: baseOffset..<nextOffset)
            return true
        } catch {
            guard Self.isIndexFault(error) else { throw error }
            return false
        }
    }

    /// The log may have been cut and gone on in the next segment while the cut itself was lost with
    /// the power: batches at or above the next segment's base are of that other past.
    private func cutStaleTail(at end: Offset) throws(LogError) {
        var scanner = BatchScanner(
            try file(), from: offsetIndex.last?.position ?? 0, to: size,
            window: LogLimit.headerWindow)
        while let header = try scanner.header(), header.baseOffset < end {
            noteTimestamp(of: header)
            scanner.skip(header)
        }
        guard scanner.position < size, scanner.fault == nil else { return }
        try truncateFile(to: scanner.position)
        size = scanner.position
    }

    /// Opens the last segment after a clean stop. False if it is not as a clean stop leaves it:
    /// check it then.
    func openLast() throws(LogError) -> Bool {
        let file = try file()
        size = try fileSize(file)
        do throws(LogError) {
            try offsetIndex.loadChecked()
            try timeIndex.loadChecked()
            guard offsetIndex.last?.position ?? 0 <= size, try measureTail() else { return false }
            try transactionIndex.preload(for: baseOffset..<nextOffset)
        } catch {
            guard Self.isIndexFault(error) else { throw error }
            return false
        }
        recents.note(nextOffset, at: size)
        return true
    }

    /// Learns the largest timestamp and the next offset from the indexes and the headers after
    /// their last entry. False if those are not batches up to `size`.
    @discardableResult
    func measureTail() throws(LogError) -> Bool {
        try loadLargestTimestamp()
        nextOffset = baseOffset
        var scanner = BatchScanner(
            try file(), from: offsetIndex.last?.position ?? 0, to: size,
            window: LogLimit.headerWindow)
        while let header = try scanner.header() {
            guard header.baseOffset >= nextOffset, fits(header) else { return false }
            nextOffset = header.nextOffset
            noteTimestamp(of: header)
            scanner.skip(header)
        }
        return scanner.fault == nil
    }

    /// Checks every batch from where `resume` stopped, cuts the file at the first that is none, and
    /// rebuilds the indexes for what was checked. `visit` is shown each good batch.
    func check(
        upTo fileSize: Int, _ settings: LogConfiguration, visit: (RecordBatchHeader) -> Void
    ) throws(LogError) -> Checked {
        let file = try file()
        let begin = Int64(size)
        defer { file.noteChecked(begin..<Int64(size)) }
        var scanner = BatchScanner(file, from: size, to: fileSize, window: LogLimit.scanWindow)
        var fault: RecordBatchError?
        var epoch = LeaderEpoch.none
        while let header = try scanner.header() {
            // A lower epoch is the remains of a longer log, of which a cut was lost with the power.
            guard header.baseOffset >= nextOffset, fits(header),
                header.partitionLeaderEpoch >= epoch
            else {
                fault = .invalidOffsets(
                    base: header.baseOffset.rawValue, lastDelta: header.lastOffsetDelta)
                break
            }
            let batch = try scanner.batch(header)
            guard batch.isCRCValid() else {
                fault = .crcMismatch(stored: header.crc, computed: batch.computedCRC())
                break
            }
            epoch = header.partitionLeaderEpoch
            account(for: header, settings.indexIntervalBytes)
            visit(header)
            scanner.skip(header)
        }
        let cutOff = fileSize - size
        if cutOff > 0 { try truncateFile(to: size) }
        return Checked(cutOff: cutOff, fault: fault ?? scanner.fault)
    }

    /// Sets everything to the last indexed batch at or below `offset` that the log bears out, so
    /// that a check can begin there; to the start if there is none.
    ///
    /// Answers the length of the file, for `check`.
    func resume(at offset: Offset) throws(LogError) -> Int {
        let fileSize = try fileSize(file())
        size = fileSize
        maxTimestamp = .none
        offsetOfMaxTimestamp = baseOffset
        bytesSinceIndexEntry = 0
        recents.removeAll()
        hints.removeAll()
        do throws(LogError) {
            try offsetIndex.loadChecked()
            try timeIndex.loadChecked()
            // The two files reach the disk one by one. Up to the last time entry both are known to
            // be whole.
            let limit = min(offset, timeIndex.last?.offset ?? .none)
            if let entry = try offsetIndex.floor(offset: limit), entry.position < fileSize,
                let header = try header(at: entry.position), header.lastOffset == entry.offset,
                header.baseOffset <= offset
            {
                try offsetIndex.truncate(to: entry.offset.next)
                try timeIndex.truncate(to: entry.offset.next)
                try transactionIndex.truncate(to: header.baseOffset)
                try loadLargestTimestamp()
                size = entry.position
                nextOffset = header.baseOffset
                return fileSize
            }
        } catch {
            guard Self.isIndexFault(error) else { throw error }
        }
        try offsetIndex.removeAll()
        try timeIndex.removeAll()
        try transactionIndex.removeAllOnDisk()
        size = 0
        nextOffset = baseOffset
        return fileSize
    }

    /// Builds both indexes anew from the batches' headers, and writes them.
    private func rebuildIndexes(below limit: Offset, _ interval: Int) throws(LogError) {
        let end = size
        try offsetIndex.removeAll()
        try timeIndex.removeAll()
        maxTimestamp = .none
        offsetOfMaxTimestamp = baseOffset
        bytesSinceIndexEntry = 0
        size = 0
        nextOffset = baseOffset
        var scanner = BatchScanner(
            try file(), from: 0, to: end, window: LogLimit.scanWindow)
        while let header = try scanner.header() {
            guard header.baseOffset >= nextOffset, header.baseOffset < limit, fits(header) else {
                break
            }
            account(for: header, interval)
            scanner.skip(header)
        }
        size = end
        _ = try seal()
    }

    private func fits(_ header: RecordBatchHeader) -> Bool {
        header.lastOffset - baseOffset <= Int64(Int32.max)
    }

    private func fileSize(_ file: any File) throws(LogError) -> Int {
        Int(try file.sizeOnDisk())
    }

    /// The largest timestamp is the time index's last.
    private func loadLargestTimestamp() throws(LogError) {
        maxTimestamp = timeIndex.last?.timestamp ?? .none
        offsetOfMaxTimestamp = timeIndex.last?.offset ?? baseOffset
    }

    /// Whether an index can be rebuilt and the matter be forgotten.
    static func isIndexFault(_ error: LogError) -> Bool {
        switch error {
        case .corruptFile: true
        case .file(let error): error.kind == .notFound
        default: false
        }
    }
}
