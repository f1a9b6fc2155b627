package import Model
package import Records

/// Goes along another replica's batches beside the marks of a segment read here, and says where the two part.
///
/// Each replica compacts for itself, and a topic that is compacted no more keeps what that has left. So only parts
/// are compared in which both have every offset; where one has gaps, nothing can be told.
package struct DigestWalk: Sendable {
    private let marks: [DigestMark]
    private var index = 0
    private var digest = BatchDigest()
    /// Where the present part begins.
    private var start: Offset
    /// Whether the other replica has every offset of the present part so far.
    private var hasAllRecords = true
    /// Where the other replica's next batch should begin.
    package private(set) var next: Offset

    package init(from start: Offset, marks: [DigestMark]) {
        self.marks = marks
        self.start = start
        next = start
    }

    package var isDone: Bool { index == marks.count }

    /// Takes the next batch of the other replica. Answers the offsets between which the two differ, nil while they
    /// do not.
    package mutating func take(_ batch: RecordBatchHeader) -> Range<Offset>? {
        // Parts of which the other replica has nothing more.
        endParts(upTo: batch.baseOffset)
        guard !isDone else { return nil }
        if batch.baseOffset > next || !batch.hasAllRecords { hasAllRecords = false }
        digest.add(batch)
        next = batch.nextOffset
        let mark = marks[index]
        guard next >= mark.end else { return nil }
        let isSame = next == mark.end && digest == mark.digest
        if !isSame, hasAllRecords, mark.hasAllRecords { return start..<mark.end }
        endParts(upTo: next)
        // It reaches into the part that follows.
        if start < next { hasAllRecords = false }
        return nil
    }

    private mutating func endParts(upTo offset: Offset) {
        while !isDone, marks[index].end <= offset {
            start = marks[index].end
            next = max(next, start)
            digest = BatchDigest()
            hasAllRecords = true
            index += 1
        }
    }
}
