public import Bytes

/// The batches in a run of bytes, one after the other.
///
/// A fetch answer may end inside a batch, so a tail that is cut off ends the sequence without an
/// error and is reported in `cutOffTail`. Bytes that cannot be a batch are an error.
@frozen
public struct RecordBatchSequence: Sendable {
    @usableFromInline let bytes: SharedBytes

    /// Where the next batch begins: bytes before it have been handed out.
    public private(set) var position: Int {
        @inlinable get { cursor }
        set { cursor = newValue }
    }
    @usableFromInline var cursor = 0

    /// Bytes at the end that begin a batch and do not finish it. Known once `next` has answered
    /// nil.
    public private(set) var cutOffTail: Int {
        @inlinable get { tail }
        set { tail = newValue }
    }
    @usableFromInline var tail = 0

    @inlinable public init(_ bytes: SharedBytes) { self.bytes = bytes }

    /// The next whole batch; nil at the end, where `cutOffTail` tells whether it was a clean one.
    @inlinable
    public mutating func next() throws(RecordBatchError) -> RecordBatchView? {
        guard cursor < bytes.count else { return nil }
        do {
            let batch = try RecordBatchView(bytes, at: cursor)
            cursor += batch.sizeInBytes
            return batch
        } catch .truncated {
            tail = bytes.count - cursor
            return nil
        } catch {
            throw error
        }
    }
}
