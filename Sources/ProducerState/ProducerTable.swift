package import Model
package import Records

// The producers of one partition, after KIP-98 and Kafka's producer state manager.
//
// A producer numbers its records per partition. From the last five batches of each producer the
// leader knows a repeated batch, which it answers with the old offset, and a gap, which it
// refuses. The same table knows where each open transaction began, hence the last stable offset.
//
// The table is a function of the log: applying every batch in order gives it, and a snapshot only
// saves reading the log from its start. So `apply` cannot refuse; what a leader would refuse,
// `check` says before the batch is written.
//
//   open --marker--> completed, not replicated --high watermark above the marker--> forgotten
//
// Invariants: transactions are sorted by first offset; each entry with `transactionFirstOffset`
// has one in `open`, and the other way round; no entry remembers more than five batches.

/// What one partition remembers of its producers and transactions.
package struct ProducerTable: Sendable {
    /// Whether a batch is new.
    package enum Verdict: Hashable, Sendable {
        /// It is: write it, then `apply` it.
        case append
        /// It was written before: answer with the offset and time of then.
        case duplicate(of: ProducerBatch)
    }

    /// How long a silent producer is remembered (`producer.id.expiration.ms`).
    package var expiration: Duration

    /// The table tells of every batch below this offset.
    package internal(set) var mapEndOffset: Offset

    var entries: [ProducerID: ProducerEntry] = [:]
    /// Sorted by first offset.
    package internal(set) var open: [OpenTransaction] = []
    /// Sorted by first offset: their markers are not below the high watermark yet.
    package internal(set) var unreplicated: [CompletedTransaction] = []

    /// An empty table that stands at `offset`.
    package init(expiration: Duration, at offset: Offset = .zero) {
        self.expiration = expiration
        mapEndOffset = offset
    }

    /// Forgets everything and stands at `offset`: the log was truncated to nothing there, or will
    /// be replayed from there.
    package mutating func truncateFully(at offset: Offset) {
        entries.removeAll()
        open.removeAll()
        unreplicated.removeAll()
        mapEndOffset = offset
    }

    /// Enters a batch that is in the log, or is about to be with the offsets it bears. Batches
    /// come in the order of their offsets; one that lies below `mapEndOffset` is known and
    /// changes nothing, so a replay may begin at the start of the segment that a snapshot falls
    /// into.
    ///
    /// - Parameter marker: what a control batch says; see `RecordBatchView.endTransactionMarker`.
    /// - Returns: the transaction that it ended, if it ended one. An aborted one belongs into the
    ///   `.txnindex` before the marker counts as written.
    @discardableResult
    package mutating func apply(
        _ batch: RecordBatchHeader, marker: EndTransactionMarker? = nil
    ) -> CompletedTransaction? {
        guard batch.lastOffset >= mapEndOffset else { return nil }
        defer {
            mapEndOffset = batch.nextOffset
            assertInvariants()
        }
        guard batch.hasProducerID else { return nil }
        if let marker { return applyMarker(marker, of: batch) }
        guard !batch.isControl else { return nil }

        var begun: OpenTransaction?
        // In place: a copy of the entry would copy its batches.
        enterAndRemember(batch, begun: &begun)
        if let begun { open.append(begun) }
        return nil
    }

    /// The same for a whole batch, whose marker is read if it is one.
    @discardableResult
    package mutating func apply(
        _ batch: RecordBatchView
    ) throws(RecordBatchError) -> CompletedTransaction? {
        apply(batch.header, marker: try batch.endTransactionMarker())
    }

    private mutating func enterAndRemember(
        _ batch: RecordBatchHeader, begun: inout OpenTransaction?
    ) {
        func update(_ entry: inout ProducerEntry) {
            entry.enter(epoch: batch.producerEpoch)
            entry.remember(ProducerBatch(batch))
            guard batch.isTransactional, entry.transactionFirstOffset == nil else { return }
            entry.transactionFirstOffset = batch.baseOffset
            begun = OpenTransaction(producerID: batch.producerID, firstOffset: batch.baseOffset)
        }
        update(
            &entries[
                batch.producerID,
                default: ProducerEntry(
                    batch.producerID, epoch: batch.producerEpoch, lastTimestamp: batch.maxTimestamp)
            ])
    }

    func assertInvariants() {
        assert(open.isEmpty || entries.count >= open.count, "open transactions have producers")
        assert(
            zip(open, open.dropFirst()).allSatisfy { $0.firstOffset <= $1.firstOffset },
            "open transactions are sorted")
    }
}

extension ProducerTable {
    /// Producers remembered.
    package var count: Int { entries.count }

    /// What is known of a producer.
    package func entry(_ producerID: ProducerID) -> ProducerEntry? { entries[producerID] }

    /// All producers, by id (`DescribeProducers`). Sorting costs: not for hot paths.
    package var sortedEntries: [ProducerEntry] {
        entries.values.sorted { $0.producerID < $1.producerID }
    }

    /// Whether the producer has a transaction open here, so that its coordinator need not be asked.
    package func hasOpenTransaction(_ producerID: ProducerID) -> Bool {
        entries[producerID]?.transactionFirstOffset != nil
    }

    /// Forgets producers that have been silent for `expiration` and have no transaction open;
    /// answers how many. `now` is wall-clock time because records carry that.
    @discardableResult
    package mutating func removeExpired(now: Timestamp) -> Int {
        let expired = entries.values.filter { isExpired($0, now: now) }.map(\.producerID)
        for producerID in expired { entries[producerID] = nil }
        return expired.count
    }

    func isExpired(_ entry: ProducerEntry, now: Timestamp) -> Bool {
        guard entry.transactionFirstOffset == nil else { return false }
        let (silence, overflow) = now.rawValue.subtractingReportingOverflow(
            entry.lastTimestamp.rawValue)
        // A timestamp so far off says nothing about silence; only one in the past can overflow
        // upwards.
        return overflow ? now > entry.lastTimestamp : silence >= expiration.inMilliseconds
    }
}
