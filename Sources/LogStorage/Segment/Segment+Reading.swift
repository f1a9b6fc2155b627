internal import Bytes
internal import Model
internal import Ports
internal import Records

/// Finding batches by offset and by size.
extension Segment {
    /// The position of the first batch whose last offset is at or above `offset`; `size` if there
    /// is none.
    func position(of offset: Offset) throws(LogError) -> Int {
        if offset >= nextOffset { return size }
        if offset <= baseOffset { return 0 }
        if let known = recents.position(of: offset) ?? hints.position(of: offset) { return known }
        let start = try offsetIndex.floor(offset: offset)?.position ?? 0
        if start >= 0, start < size, let found = try walk(from: start, to: offset) { return found }
        // The index led astray: it was written by somebody else, or lost a write. The log itself is
        // right.
        guard start != 0, let found = try walk(from: 0, to: offset) else { return size }
        return found
    }

    /// Where a batch begins that lies at least `distance` before `stop`, and not needlessly far; 0 if none does.
    func position(_ distance: Int, before stop: Int) throws(LogError) -> Int {
        guard distance < stop else { return 0 }
        var step: Int64 = 64
        var found = stop
        while found > 0, stop - found < distance {
            found = try position(of: max(baseOffset, nextOffset - step))
            step *= 4
        }
        return found
    }

    /// Walks from `start` to the first batch that reaches `offset`. Nil if `start` is no batch, or
    /// lies behind `offset`'s batch.
    private func walk(from start: Int, to offset: Offset) throws(LogError) -> Int? {
        var scanner = BatchScanner(
            try file(), from: start, to: size, window: LogLimit.headerWindow)
        var isFirst = true
        while let header = try scanner.header() {
            if isFirst, start > 0, header.baseOffset > offset { return nil }
            isFirst = false
            if header.lastOffset >= offset { return scanner.position }
            scanner.skip(header)
        }
        if let fault = scanner.fault, start == 0 { throw .corruptBatch(fault) }
        return scanner.fault == nil ? size : nil
    }

    /// The largest whole number of batches between `start` and `end` that fits `limit` bytes, as
    /// the position where it ends; with `minOneBatch` the first batch counts whatever its size
    /// (KIP-74).
    func cut(
        from start: Int, to end: Int, limit: Int, minOneBatch: Bool
    ) throws(LogError) -> Int {
        guard end - start > limit else { return end }
        let furthest = start + max(limit, 0)
        if let entry = try offsetIndex.floor(position: furthest), entry.position > start,
            entry.position < end
        {
            if let header = try header(at: entry.position), header.lastOffset == entry.offset {
                hints.note(header.baseOffset...header.lastOffset, at: entry.position)
                return entry.position
            }
        }
        var scanner = BatchScanner(
            try file(), from: start, to: end, window: LogLimit.headerWindow)
        while let header = try scanner.header() {
            if scanner.position + header.sizeInBytes > furthest {
                if scanner.position == start, minOneBatch { return start + header.sizeInBytes }
                hints.note(header.baseOffset...header.lastOffset, at: scanner.position)
                return scanner.position
            }
            scanner.skip(header)
        }
        if let fault = scanner.fault { throw .corruptBatch(fault) }
        return end
    }

    /// The header of the batch at `position`, nil if there is none.
    func header(at position: Int) throws(LogError) -> RecordBatchHeader? {
        var scanner = BatchScanner(
            try file(), from: position, to: size, window: RecordBatchHeader.size)
        return try scanner.header()
    }

    /// The time that `segment.ms` counts from: that of the first batch.
    func rollingTimestamp() throws(LogError) -> Timestamp? {
        if firstTimestamp == nil, size > 0 { firstTimestamp = try header(at: 0)?.maxTimestamp }
        guard let firstTimestamp, firstTimestamp >= Timestamp(0) else { return nil }
        return firstTimestamp
    }
}
