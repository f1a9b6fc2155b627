package import Bytes
package import Model
package import Ports

/// Where an offset lies in a log: enough to count the bytes between two of them in one segment.
package struct LogPosition: Hashable, Sendable {
    package let offset: Offset
    package let segmentBaseOffset: Offset
    /// Bytes from the start of the segment.
    package let position: Int
}

/// Whole batches of one segment as a range of its file: what a fetch answers.
///
/// It holds the file open, so it may be sent after the segment was deleted. After a truncation its
/// bytes may be gone or others; whoever sends it finds the file short.
package struct LogSlice: Sendable {
    /// Where the first batch begins. Its base offset may be below what was asked for: readers skip.
    package let start: LogPosition
    /// Bytes of whole batches; 0 when there is nothing to read.
    package let count: Int
    /// The file, nil in an empty slice.
    package let file: (any File)?

    package var isEmpty: Bool { count == 0 }

    /// The slice as a piece of an answer, nil if it is empty. What of it comes from the disk is looked at by `check`.
    package func piece(_ check: PieceCheck?) -> OutgoingPiece? {
        guard let file, count > 0 else { return nil }
        return .file(file, offset: Int64(start.position), count: count, check: check)
    }

    /// The bytes, read from the file. May block on the disk.
    package func load() throws(LogError) -> SharedBytes {
        guard let file, count > 0 else { return .empty }
        return try file.readExactly(at: Int64(start.position), count: count)
    }

    /// The first `count` bytes were loaded, and their checksums fit.
    package func noteChecked(_ count: Int) {
        let begin = Int64(start.position)
        file?.noteChecked(begin..<begin + Int64(count))
    }
}
