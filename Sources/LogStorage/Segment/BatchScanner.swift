internal import Bytes
internal import Model
internal import Ports
internal import Records

/// Walks the batches of a segment file, by their headers or whole.
///
/// One window of the file is held at a time. Bytes that are no batch, or a batch that the range
/// cuts off, end the walk with `fault`; nothing is thrown for them, because a recovery and a reader
/// answer differently.
struct BatchScanner {
    let file: any File
    /// Where the next batch begins.
    private(set) var position: Int
    /// Where the walk ends: the length of the segment.
    let end: Int
    /// Why the walk ended before `end`.
    private(set) var fault: RecordBatchError?

    private let windowSize: Int
    private var window = SharedBytes.empty
    private var windowStart = 0

    init(_ file: any File, from position: Int, to end: Int, window: Int) {
        self.file = file
        self.position = position
        self.end = end
        windowSize = max(window, RecordBatchHeader.size)
    }

    /// The header of the next batch, which stays next until `skip`. Nil at the end and at a fault.
    mutating func header() throws(LogError) -> RecordBatchHeader? {
        guard position < end, fault == nil else { return nil }
        try load(atLeast: RecordBatchHeader.size)
        do throws(RecordBatchError) {
            let header = try RecordBatchHeader(window, at: position - windowStart)
            guard header.sizeInBytes <= end - position else {
                throw .truncated(needed: header.sizeInBytes, available: end - position)
            }
            return header
        } catch {
            fault = error
            return nil
        }
    }

    /// The bytes of the batch that `header` just described.
    mutating func batch(_ header: RecordBatchHeader) throws(LogError) -> RecordBatchView {
        try load(atLeast: header.sizeInBytes)
        do throws(RecordBatchError) {
            return try RecordBatchView(window, at: position - windowStart)
        } catch {
            throw .corruptBatch(error)
        }
    }

    /// Goes on to the batch after the one that `header` just described.
    mutating func skip(_ header: RecordBatchHeader) { position += header.sizeInBytes }

    /// Fills the window so that it holds `count` bytes from `position`, or all there are.
    private mutating func load(atLeast count: Int) throws(LogError) {
        let needed = min(count, end - position)
        let isInside =
            position >= windowStart && position + needed <= windowStart + window.count
        guard !isInside else { return }
        window = try file.readExactly(
            at: Int64(position), count: min(max(windowSize, needed), end - position))
        windowStart = position
    }
}
