package import Model
package import Ports
package import ProducerState
package import Records

/// Why a log, or a file of a log directory, could not do what was asked.
package enum LogError: Error, Hashable, Sendable {
    /// An offset below the log start or above the log end (OFFSET_OUT_OF_RANGE).
    case offsetOutOfRange(asked: Offset, start: Offset, end: Offset)
    /// Bytes from the leader that do not continue the log. Nothing was written.
    case unexpectedOffset(expected: Offset, found: Offset)
    /// A batch from an epoch older than the last one of the log. Nothing was written.
    case epochGoesBack(last: LeaderEpoch, found: LeaderEpoch)
    /// Another replica's batch is not of the epoch in which ours was written.
    case unexpectedEpoch(LeaderEpoch, at: Offset)
    /// Bytes that are no valid batch, given to append or found in a segment.
    case corruptBatch(RecordBatchError)
    /// The producer of the batch may not write it. Nothing was written.
    case producer(ProducerStateError)
    /// A batch that no segment may hold (RECORD_LIST_TOO_LARGE). Nothing was written.
    case batchTooLarge(size: Int, limit: Int)
    /// The disk failed or is full.
    case file(FileError)
    /// A file whose contents are not what its name promises.
    case corruptFile(path: String, reason: String)
    /// The directory belongs to another life of the topic (INCONSISTENT_TOPIC_ID).
    case topicIDMismatch(path: String, found: TopicID, expected: TopicID)
    /// An earlier write failed and its remains could not be cut off: nothing may be appended.
    case damagedTail(path: String)
    /// The log was closed or deleted.
    case closed

    /// Whether bytes that were read are not what was written.
    package var isDamage: Bool {
        switch self {
        case .corruptBatch, .unexpectedOffset, .epochGoesBack, .unexpectedEpoch: true
        case .offsetOutOfRange, .producer, .batchTooLarge, .file, .corruptFile, .topicIDMismatch,
            .damagedTail, .closed:
            false
        }
    }

    /// Whether the disk is merely full: nothing is lost, and the same may succeed later.
    package var isNoSpace: Bool {
        guard case .file(let error) = self else { return false }
        return error.kind == .noSpace
    }
}

extension LogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .offsetOutOfRange(let asked, let start, let end):
            "offset \(asked.rawValue) is outside the log, which is \(start.rawValue) to \(end.rawValue)"
        case .unexpectedOffset(let expected, let found):
            "the log continues at offset \(expected.rawValue), not at \(found.rawValue)"
        case .epochGoesBack(let last, let found):
            "leader epoch \(found.rawValue) after \(last.rawValue)"
        case .unexpectedEpoch(let epoch, let offset):
            "a batch at \(offset.rawValue) of another epoch, \(epoch.rawValue)"
        case .corruptBatch(let fault): "corrupt batch: \(fault)"
        case .producer(let error): "producer: \(error)"
        case .batchTooLarge(let size, let limit):
            "a batch of \(size) bytes does not fit a segment of \(limit)"
        case .file(let error): error.description
        case .corruptFile(let path, let reason): "\(path): \(reason)"
        case .topicIDMismatch(let path, let found, let expected):
            "\(path) holds topic id \(found), not \(expected): it is of a deleted topic of this name"
        case .damagedTail(let path): "\(path): a failed write could not be undone"
        case .closed: "the log is closed"
        }
    }
}
