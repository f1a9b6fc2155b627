internal import Bytes
package import Model
internal import Ports
package import ProducerState
package import Records

/// What the log remembers of its producers and transactions, and the files that let it remember
/// after a restart.
///
/// The table is a function of the log. A `.snapshot` named after an offset saves reading what lies
/// below it. One is written when a segment is sealed, at an orderly stop, and after every
/// `LogLimit.snapshotInterval` of log; only those at the base of a segment are kept, and the
/// newest.
extension PartitionLog {
    /// Whether the log may take the batch of a producer: new, repeated, or an error (KIP-98).
    package func checkProducer(
        _ batch: RecordBatchHeader, marker: EndTransactionMarker? = nil,
        origin: AppendOrigin = .client, mustStartAtZero: Bool = false
    ) throws(ProducerStateError) -> ProducerTable.Verdict {
        guard let producers else { return .append }
        return try producers.check(
            batch, marker: marker, origin: origin, mustStartAtZero: mustStartAtZero)
    }

    /// The first offset that read-committed consumers may not reach, nil without an open
    /// transaction.
    package var firstUnstableOffset: Offset? {
        producers?.firstUnstableOffset.map { max($0, logStartOffset) }
    }

    /// Up to where read-committed consumers may read.
    package func lastStableOffset(highWatermark: Offset) -> Offset {
        producers?.lastStableOffset(
            highWatermark: highWatermark, logStartOffset: logStartOffset) ?? highWatermark
    }

    /// The high watermark passed: ended transactions below it no longer hold the last stable offset
    /// back. Answers whether that may have moved.
    @discardableResult
    package func highWatermarkAdvanced(to highWatermark: Offset) -> Bool {
        producers?.highWatermarkAdvanced(to: highWatermark) ?? false
    }

    /// The aborted transactions that a read-committed reader of `from..<end` must know of.
    package func abortedTransactions(
        from: Offset, to end: Offset
    ) throws(LogError) -> [AbortedTransaction] {
        try checkOpen()
        var found: [AbortedTransaction] = []
        for segment in segments[segmentIndex(for: from)...] {
            if try segment.transactionIndex.collect(from: from, to: end, into: &found) { break }
        }
        return found
    }

    /// Forgets producers silent for `producer.id.expiration.ms`. Answers how many.
    @discardableResult
    package func removeExpiredProducers(now: Timestamp) -> Int {
        producers?.removeExpired(now: now) ?? 0
    }

    // MARK: Following the log

    /// What control batches among `batches` say, before they are written. Most batches are none and
    /// cost nothing.
    func markers(
        in bytes: SharedBytes, _ batches: [RecordBatchHeader]
    ) throws(LogError) -> [Offset: EndTransactionMarker] {
        var markers: [Offset: EndTransactionMarker] = [:]
        guard producers != nil else { return markers }
        var position = 0
        for batch in batches {
            if batch.isControl, batch.hasProducerID {
                do throws(RecordBatchError) {
                    let view = try RecordBatchView(bytes, at: position)
                    markers[batch.baseOffset] = try view.endTransactionMarker()
                } catch {
                    throw .corruptBatch(error)
                }
            }
            position += batch.sizeInBytes
        }
        return markers
    }

    /// Enters a written batch, and its transaction into the index if it ended one by abort.
    func noteProducer(
        of batch: RecordBatchHeader, _ marker: EndTransactionMarker?, in segment: Segment
    ) throws(LogError) {
        guard let completed = producers?.apply(batch, marker: marker) else { return }
        guard let aborted = completed.abortedTransaction else { return }
        try segment.transactionIndex.append(aborted)
    }

    // MARK: Snapshots

    private func snapshotPath(_ offset: Offset) -> String {
        PathName.join(directory, SegmentFileName(offset, .producerSnapshot).description)
    }

    /// Writes what is known below `end`; it becomes durable with the next checkpoint.
    func takeProducerSnapshot(at end: Offset) throws(LogError) {
        guard let producers else { return }
        precondition(producers.mapEndOffset == end, "the table stands at the log end")
        flushing.bytesSinceSnapshot = 0
        guard snapshots.last ?? .none < end else { return }
        let file = AtomicFile(fileSystem: fileSystem, path: snapshotPath(end))
        let written = try onDisk { () throws(FileError) in
            try file.replace(with: producers.snapshot(), isDurable: false)
        }
        flushing.noteForCheckpoint(written)
        flushing.directoryChanges += 1
        let bases = Set(segments.map(\.baseOffset))
        for stray in snapshots where !bases.contains(stray) {
            try removeIfPresent(snapshotPath(stray))
        }
        snapshots = snapshots.filter(bases.contains) + [end]
    }

    /// Makes the table anew: from the newest good snapshot at or below `limit`, then from the log.
    ///
    /// After a recovery `limit` is where the check began, so that markers above it enter the
    /// transaction indexes again.
    func loadProducers(upTo limit: Offset, now: Timestamp) throws(LogError) {
        guard configuration.tracksProducers else { return }
        while let newest = snapshots.last, newest > limit {
            try removeIfPresent(snapshotPath(newest))
            snapshots.removeLast()
        }
        var table = ProducerTable(
            expiration: configuration.producerExpiration, at: segments[0].baseOffset)
        while let newest = snapshots.last {
            if let loaded = try readSnapshot(newest, now) {
                table = loaded
                break
            }
            opening.filesMended.append(SegmentFileName(newest, .producerSnapshot).description)
            try removeIfPresent(snapshotPath(newest))
            snapshots.removeLast()
        }
        producers = table
        try recallBatches()
        try replayProducers(from: max(table.mapEndOffset, segments[0].baseOffset))
        if producers?.mapEndOffset != logEndOffset { standProducersAtEnd() }
    }

    /// A snapshot's table, nil if the file is damaged or gone.
    private func readSnapshot(
        _ offset: Offset, _ now: Timestamp
    ) throws(LogError) -> ProducerTable? {
        let file = AtomicFile(fileSystem: fileSystem, path: snapshotPath(offset))
        guard let bytes = try file.read() else { return nil }
        do throws(ProducerSnapshotError) {
            return try ProducerTable(
                snapshot: bytes, at: offset, expiration: configuration.producerExpiration,
                now: now)
        } catch {
            opening.fault = opening.fault ?? "\(file.path): \(error)"
            return nil
        }
    }

    /// A snapshot tells of the last batch of each producer only. The others that it may repeat are those that lie close
    /// below.
    private func recallBatches() throws(LogError) {
        guard let end = producers?.mapEndOffset, end > segments[0].baseOffset else { return }
        let last = segmentIndex(for: end - 1)
        var first = last
        var stop = try segments[last].position(of: end)
        var room = LogLimit.recallBytes
        while first > 0, stop < room {
            room -= stop
            first -= 1
            stop = segments[first].size
        }
        guard producers?.hasWritten(from: segments[first].baseOffset) == true else { return }
        var start = try segments[first].position(room, before: stop)
        for segment in segments[first...last] where segment.size > 0 {
            var scanner = BatchScanner(
                try segment.file(), from: start, to: segment.size, window: LogLimit.headerWindow)
            while let header = try scanner.header(), header.lastOffset < end {
                producers?.recall(header)
                scanner.skip(header)
            }
            start = 0
        }
    }

    /// A batch that claims to end behind the next one's beginning is damaged: it is left out.
    private func replayProducers(from start: Offset) throws(LogError) {
        guard start < logEndOffset else { return }
        for index in segments[segmentIndex(for: start)...].indices where segments[index].size > 0 {
            let segment = segments[index]
            let end = index + 1 < segments.count ? segments[index + 1].baseOffset : logEndOffset
            var pending: (header: RecordBatchHeader, marker: EndTransactionMarker?)?
            var scanner = BatchScanner(
                try segment.file(), from: try segment.position(of: start), to: segment.size,
                window: LogLimit.replayWindow)
            while let header = try scanner.header() {
                var marker: EndTransactionMarker?
                if header.isControl, header.hasProducerID {
                    let batch = try scanner.batch(header)
                    do throws(RecordBatchError) {
                        marker = try batch.endTransactionMarker()
                    } catch {
                        opening.fault = opening.fault ?? "\(error)"
                    }
                }
                if let pending, pending.header.nextOffset <= header.baseOffset {
                    try noteProducer(of: pending.header, pending.marker, in: segment)
                }
                pending = (header, marker)
                flushing.bytesSinceSnapshot += header.sizeInBytes
                scanner.skip(header)
            }
            if let pending, pending.header.nextOffset <= end {
                try noteProducer(of: pending.header, pending.marker, in: segment)
            }
        }
    }

    /// The log's end was cut to `end`: forgets what was learned above it.
    func truncateProducers(to end: Offset, now: Timestamp) throws(LogError) {
        guard let table = producers else { return }
        if table.count == 0, table.open.isEmpty, table.unreplicated.isEmpty {
            for snapshot in snapshots where snapshot > end {
                try removeIfPresent(snapshotPath(snapshot))
            }
            snapshots.removeAll { $0 > end }
            standProducersAtEnd()
        } else {
            try loadProducers(upTo: end, now: now)
        }
    }

    /// All snapshots go: the log begins anew.
    func removeSnapshots() throws(LogError) {
        for snapshot in snapshots { try removeIfPresent(snapshotPath(snapshot)) }
        snapshots.removeAll()
    }

    /// Nothing more is known of producers up to the log end; what is known stays.
    private func standProducersAtEnd() {
        if producers?.count == 0 {
            producers?.truncateFully(at: logEndOffset)
        } else {
            producers?.stand(at: logEndOffset)
        }
    }

    /// Forgets snapshots that no kept segment needs, and answers their paths.
    func forgetSnapshots(below start: Offset) -> [String] {
        let gone = snapshots.filter { $0 < start }
        snapshots.removeAll { $0 < start }
        return gone.map { snapshotPath($0) }
    }
}
