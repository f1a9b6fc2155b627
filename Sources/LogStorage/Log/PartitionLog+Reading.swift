internal import Bytes
package import Model
internal import Ports
internal import Records

extension PartitionLog {
    /// Whole batches from the one that holds `offset`, up to but not including the first that
    /// reaches `bound`.
    ///
    /// - Parameters:
    ///   - bound: high watermark, last stable offset or log end, as the reader may see.
    ///   - maxBytes: a limit that only the first batch may exceed, and only with `minOneBatch`
    ///     (KIP-74).
    /// - Returns: batches of one segment. Empty at `bound` and above it, and where nothing fits.
    /// - Throws: `offsetOutOfRange` outside `logStartOffset ... logEndOffset`.
    ///
    /// A reader that goes on where it stopped costs no search. May block on the disk for a cold
    /// index.
    package func read(
        from offset: Offset, upTo bound: Offset, maxBytes: Int, minOneBatch: Bool
    ) throws(LogError) -> LogSlice {
        try checkOpen()
        guard offset >= logStartOffset, offset <= logEndOffset else {
            throw .offsetOutOfRange(asked: offset, start: logStartOffset, end: logEndOffset)
        }
        var index = segmentIndex(for: offset)
        guard offset < bound else { return empty(at: offset, segments[index]) }
        while index < segments.count, segments[index].baseOffset < bound {
            let segment = segments[index]
            let start = try segment.position(of: offset)
            if start < segment.size {
                return try slice(
                    segment, from: offset, at: start, upTo: bound, maxBytes, minOneBatch)
            }
            // Compaction may have taken the segment's last offsets: what comes next is in a later
            // one.
            index += 1
        }
        return empty(at: offset, segments[min(index, segments.count - 1)])
    }

    private func slice(
        _ segment: Segment, from offset: Offset, at start: Int, upTo bound: Offset,
        _ maxBytes: Int, _ minOneBatch: Bool
    ) throws(LogError) -> LogSlice {
        let end = try segment.position(of: bound)
        let cut =
            end <= start
            ? start
            : try segment.cut(from: start, to: end, limit: maxBytes, minOneBatch: minOneBatch)
        if cut == end, bound < segment.nextOffset { segment.hints.note(bound...bound, at: end) }
        return LogSlice(
            start: LogPosition(
                offset: offset, segmentBaseOffset: segment.baseOffset, position: start),
            count: cut - start, file: cut > start ? try segment.file() : nil)
    }

    private func empty(at offset: Offset, _ segment: Segment) -> LogSlice {
        LogSlice(
            start: LogPosition(
                offset: offset, segmentBaseOffset: segment.baseOffset, position: segment.size),
            count: 0, file: nil)
    }

    /// Bytes of batches between two offsets, for `min.bytes`: exact within a segment, and exact
    /// enough between them.
    package func bytes(from offset: Offset, upTo bound: Offset) throws(LogError) -> Int64 {
        let from = max(offset, logStartOffset)
        let to = min(bound, logEndOffset)
        guard from < to else { return 0 }
        let first = segmentIndex(for: from)
        let last = segmentIndex(for: to)
        let skipped = Int64(try segments[first].position(of: from))
        if first == last { return max(0, Int64(try segments[first].position(of: to)) - skipped) }
        let between = segments[first..<last].reduce(0) { $0 + Int64($1.size) }
        return between - skipped + Int64(try segments[last].position(of: to))
    }
}
