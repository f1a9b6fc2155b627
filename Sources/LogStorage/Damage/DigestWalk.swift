package import Model
package import Records

/// Goes along another replica's batches beside the marks of a segment read here, and says where the two part.
package struct DigestWalk: Sendable {
    private let marks: [DigestMark]
    private var index = 0
    private var digest = BatchDigest()
    /// Everything below is the same.
    private var agreed: Offset
    /// Where the other replica's next batch should begin.
    package private(set) var next: Offset

    package init(from start: Offset, marks: [DigestMark]) {
        self.marks = marks
        agreed = start
        next = start
    }

    package var isDone: Bool { index == marks.count }

    /// Takes the next batch of the other replica. Answers the offsets between which the two differ, nil while they
    /// do not.
    package mutating func take(_ batch: RecordBatchHeader) -> Range<Offset>? {
        guard !isDone else { return nil }
        let mark = marks[index]
        digest.add(batch)
        next = batch.nextOffset
        guard batch.nextOffset >= mark.end else { return nil }
        guard batch.nextOffset == mark.end, digest == mark.digest else { return agreed..<mark.end }
        agreed = mark.end
        index += 1
        return nil
    }
}
