package import Model
internal import Records

extension ProducerTable {
    /// The first offset that read_committed consumers may not reach yet: that of the oldest
    /// transaction which is open, or ended by a marker that is not replicated. Nil without any.
    package var firstUnstableOffset: Offset? {
        guard let undecided = open.first?.firstOffset else {
            return unreplicated.first?.firstOffset
        }
        guard let decided = unreplicated.first?.firstOffset else { return undecided }
        return min(undecided, decided)
    }

    /// The last stable offset of a log with this high watermark and start.
    package func lastStableOffset(highWatermark: Offset, logStartOffset: Offset) -> Offset {
        guard let first = firstUnstableOffset else { return highWatermark }
        return min(max(first, logStartOffset), highWatermark)
    }

    /// Forgets ended transactions whose markers are below the high watermark; answers whether
    /// `firstUnstableOffset` may have moved.
    @discardableResult
    package mutating func highWatermarkAdvanced(to highWatermark: Offset) -> Bool {
        guard !unreplicated.isEmpty else { return false }
        let before = unreplicated.count
        unreplicated.removeAll { $0.lastOffset < highWatermark }
        return unreplicated.count < before
    }

    /// The log was cut off below `logStartOffset` (retention or DeleteRecords).
    package mutating func logStartAdvanced(to logStartOffset: Offset) {
        unreplicated.removeAll { $0.lastOffset < logStartOffset }
        mapEndOffset = max(mapEndOffset, logStartOffset)
    }

    /// Nothing more is known up to the log's end `offset`: the table stands there from now on.
    package mutating func stand(at offset: Offset) {
        unreplicated.removeAll { $0.lastOffset < offset }
        mapEndOffset = offset
    }

    /// Ends the transaction of the marker's producer, if it has one open here.
    mutating func applyMarker(
        _ marker: EndTransactionMarker, of batch: RecordBatchHeader
    ) -> CompletedTransaction? {
        var entry =
            entries.removeValue(forKey: batch.producerID)
            ?? ProducerEntry(
                batch.producerID, epoch: batch.producerEpoch, lastTimestamp: batch.maxTimestamp)
        entry.enter(epoch: batch.producerEpoch)
        entry.coordinatorEpoch = marker.coordinatorEpoch
        entry.lastTimestamp = batch.maxTimestamp
        let firstOffset = entry.transactionFirstOffset
        entry.transactionFirstOffset = nil
        entries[batch.producerID] = entry

        // A marker without records before it moves nothing: the coordinator sends one to every
        // partition that was enlisted, also to those that were never written.
        guard let firstOffset else { return nil }
        open.removeAll { $0.producerID == batch.producerID }
        let completed = CompletedTransaction(
            producerID: batch.producerID, firstOffset: firstOffset, lastOffset: batch.lastOffset,
            isAborted: !marker.isCommit,
            lastStableOffset: open.first?.firstOffset ?? batch.nextOffset)
        let index = unreplicated.firstIndex { $0.firstOffset > firstOffset }
        unreplicated.insert(completed, at: index ?? unreplicated.endIndex)
        return completed
    }
}
