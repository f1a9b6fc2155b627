internal import Bytes
internal import Model
internal import Ports
internal import ProducerState

/// `.txnindex`: the aborted transactions whose markers lie in a segment, by the offset of the
/// marker.
///
/// It is small and held in memory once it was needed. What is new is written with the next
/// checkpoint or when the segment is sealed; after a crash the log itself, which has the markers,
/// tells it again.
struct TransactionIndex {
    private var store: IndexStore
    /// The entries, nil until they were read; those beyond the store's count are not written yet.
    private var entries: [AbortedTransaction]?

    /// With `isNew` there is no file to read.
    init(path: String, on fileSystem: any FileSystem, isNew: Bool) {
        store = IndexStore(
            fileSystem: fileSystem, path: path, entrySize: AbortedTransaction.size)
        entries = isNew ? [] : nil
    }

    /// Reads the file, so that a damaged one is found at the start and an append needs nothing of
    /// the disk. The markers of its transactions lie in `range`.
    mutating func preload(for range: Range<Offset>) throws(LogError) {
        let isAstray = try all().contains {
            !range.contains($0.lastOffset) || $0.lastStableOffset > $0.lastOffset.next
        }
        guard isAstray else { return }
        entries = nil
        throw .corruptFile(path: store.path, reason: "entries of other offsets")
    }

    /// All entries, for a compaction.
    mutating func transactions() throws(LogError) -> [AbortedTransaction] { try all() }

    /// Takes a file that was just written at the word of its writer.
    mutating func adopt(_ transactions: [AbortedTransaction]) {
        entries = transactions
        store.adopt(transactions.count)
    }

    /// Notes a transaction. One whose marker is not above the last one's is known.
    mutating func append(_ transaction: AbortedTransaction) throws(LogError) {
        if let last = try all().last, transaction.lastOffset <= last.lastOffset { return }
        entries?.append(transaction)
    }

    /// Writes what is new. Gives back the file, to be synced, if there was anything.
    mutating func write() throws(LogError) -> (any File)? {
        guard let entries, entries.count > store.count else { return nil }
        var writer = ByteWriter(capacity: entries.count * AbortedTransaction.size)
        for entry in entries[store.count...] { entry.encode(to: &writer) }
        try store.append(writer.finish())
        return try store.opened(.create)
    }

    /// The transactions that matter to a read of `from..<end`, added to `found`. True if no later
    /// segment can hold more of them.
    mutating func collect(
        from: Offset, to end: Offset, into found: inout [AbortedTransaction]
    ) throws(LogError) -> Bool {
        for transaction in try all() {
            if transaction.lastOffset >= from, transaction.firstOffset < end {
                found.append(transaction)
            }
            if transaction.lastStableOffset >= end { return true }
        }
        return false
    }

    /// Forgets transactions whose marker is at or above `offset`, durably where they had reached
    /// the file.
    mutating func truncate(to offset: Offset) throws(LogError) {
        let kept = try all().prefix { $0.lastOffset < offset }.count
        entries?.removeSubrange(kept...)
        guard kept < store.count else { return }
        store.keep(kept)
        try store.trim(isDurable: true)
    }

    /// Forgets everything, to be told again by the log. A file that is there is emptied.
    mutating func removeAllOnDisk() throws(LogError) {
        let mayHaveFile = entries == nil || store.count > 0
        entries = []
        store.keep(0)
        if mayHaveFile { try store.trim(isDurable: true) }
    }

    /// Lets go of the file's descriptor.
    mutating func release() { store.release() }

    /// All entries. A damaged file throws `corruptFile`; a missing one holds none.
    private mutating func all() throws(LogError) -> [AbortedTransaction] {
        if let entries { return entries }
        let read = try load()
        entries = read
        return read
    }

    private mutating func load() throws(LogError) -> [AbortedTransaction] {
        let room: Int
        do throws(LogError) {
            room = try store.load()
        } catch .file(let error) where error.kind == .notFound {
            return []
        } catch {
            throw error
        }
        var reader = ByteReader(try store.read(0..<room))
        var entries: [AbortedTransaction] = []
        entries.reserveCapacity(room)
        for _ in 0..<room {
            let entry: AbortedTransaction
            do throws(DecodeError) {
                entry = try AbortedTransaction(from: &reader)
            } catch {
                throw .corruptFile(path: store.path, reason: "\(error)")
            }
            if let last = entries.last, entry.lastOffset <= last.lastOffset {
                throw .corruptFile(path: store.path, reason: "entries that do not ascend")
            }
            entries.append(entry)
        }
        return entries
    }
}
