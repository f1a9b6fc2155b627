package import Bytes
package import Model
internal import Ports
package import ProducerState
package import Records

extension PartitionLog {
    /// Appends the batch of a producer, a coordinator or the quorum's leader: gives it the next
    /// offsets and `epoch`, in place, and writes it, unless its producer has written it before.
    ///
    /// The caller has validated it and owns its bytes. If this throws, nothing of the log has
    /// changed.
    ///
    /// - Parameter mustStartAtZero: see `ProducerTable.check`.
    package func append(
        _ batch: inout RecordBatchView, epoch: LeaderEpoch, origin: AppendOrigin = .client,
        mustStartAtZero: Bool = false, now: Timestamp
    ) throws(LogError) -> AppendOutcome {
        try checkOpen()
        try check(batch.sizeInBytes, epoch)
        if producers != nil, batch.hasProducerID {
            let verdict = try verdict(on: batch, origin, mustStartAtZero)
            if case .duplicate(let earlier) = verdict { return .duplicate(of: earlier) }
        }
        batch.stamp(baseOffset: logEndOffset)
        batch.stamp(partitionLeaderEpoch: epoch)
        return .appended(try write(batch.bytes, [batch.header], now: now))
    }

    private func verdict(
        on batch: RecordBatchView, _ origin: AppendOrigin, _ mustStartAtZero: Bool
    ) throws(LogError) -> ProducerTable.Verdict {
        let marker: EndTransactionMarker?
        do throws(RecordBatchError) {
            marker = try batch.endTransactionMarker()
        } catch {
            throw .corruptBatch(error)
        }
        do throws(ProducerStateError) {
            return try checkProducer(
                batch.header, marker: marker, origin: origin, mustStartAtZero: mustStartAtZero)
        } catch {
            throw .producer(error)
        }
    }

    /// Appends what another replica's log holds, offsets and epochs as they are: a follower's
    /// fetch, or batches that were prepared with their offsets.
    ///
    /// A tail that is cut off is left out; checksums are verified. Offsets may have gaps
    /// (compaction) and must not go back. Nil if there is no whole batch. Batches before a damaged
    /// one are not written either.
    package func append(
        replicated bytes: SharedBytes, now: Timestamp
    ) throws(LogError) -> AppendResult? {
        try checkOpen()
        let headers = try checkedHeaders(bytes)
        guard let first = headers.first else { return nil }
        let whole = headers.reduce(0) { $0 + $1.sizeInBytes }
        if first.baseOffset < logEndOffset { try moveStart(to: first) }
        return try write(bytes[0..<whole], headers, now: now)
    }

    private func checkedHeaders(
        _ bytes: SharedBytes
    ) throws(LogError) -> [RecordBatchHeader] {
        var headers: [RecordBatchHeader] = []
        var sequence = RecordBatchSequence(bytes)
        var expected: Offset?
        var epoch = latestEpoch ?? .none
        do throws(RecordBatchError) {
            while let batch = try sequence.next() {
                try batch.checkCRC()
                headers.append(batch.header)
            }
        } catch {
            throw .corruptBatch(error)
        }
        for header in headers {
            if let expected, header.baseOffset < expected {
                throw .unexpectedOffset(expected: expected, found: header.baseOffset)
            }
            try check(header.sizeInBytes, header.partitionLeaderEpoch, after: epoch)
            epoch = max(epoch, header.partitionLeaderEpoch)
            expected = header.nextOffset
        }
        return headers
    }

    private func check(
        _ size: Int, _ epoch: LeaderEpoch, after last: LeaderEpoch? = nil
    ) throws(LogError) {
        let last = last ?? latestEpoch ?? .none
        guard epoch >= last || epoch < .zero else {
            throw .epochGoesBack(last: last, found: epoch)
        }
        guard size <= Int(Int32.max) else {
            throw .batchTooLarge(size: size, limit: Int(Int32.max))
        }
    }

    /// An empty log that begins inside a batch (the leader deleted records up to there) takes that
    /// batch whole.
    private func moveStart(to first: RecordBatchHeader) throws(LogError) {
        let isEmpty = segments.count == 1 && active.size == 0
        guard isEmpty, first.lastOffset >= logStartOffset else {
            throw .unexpectedOffset(expected: logEndOffset, found: first.baseOffset)
        }
        let start = logStartOffset
        try truncateFully(andStartAt: first.baseOffset, now: active.createdAt)
        logStartOffset = start
    }

    // MARK: Writing

    /// Writes `bytes`, which are the batches `headers`, in as few writes as segments allow.
    private func write(
        _ bytes: SharedBytes, _ headers: [RecordBatchHeader], now: Timestamp
    ) throws(LogError) -> AppendResult {
        try materialize()
        var rolls = 0
        var run = 0..<0
        var runBytes = 0
        var written = 0
        for (index, header) in headers.enumerated() {
            if try mustRoll(before: header, after: runBytes, now: now) {
                try write(bytes[written..<written + runBytes], headers[run])
                written += runBytes
                try roll(before: header, now: now)
                run = index..<index
                runBytes = 0
                rolls += 1
            }
            run = run.lowerBound..<index + 1
            runBytes += header.sizeInBytes
        }
        try write(bytes[written..<written + runBytes], headers[run])
        let first = headers[0]
        let last = headers[headers.count - 1]
        return AppendResult(
            firstOffset: first.baseOffset, lastOffset: last.lastOffset,
            maxTimestamp: headers.reduce(.none) { max($0, $1.maxTimestamp) },
            logAppendTime: first.timestampType == .logAppendTime ? first.maxTimestamp : .none,
            logStartOffset: logStartOffset, bytes: bytes.count, batches: headers.count,
            didRoll: rolls > 0)
    }

    private func write(
        _ bytes: SharedBytes, _ headers: ArraySlice<RecordBatchHeader>
    ) throws(LogError) {
        guard !headers.isEmpty else { return }
        if !active.isOnDisk {
            try active.create()
            flushing.directoryChanges += 1
        }
        let batches = Array(headers)
        let markers = try markers(in: bytes, batches)
        try active.append([bytes], batches, settings: configuration)
        for batch in batches {
            noteEpoch(of: batch)
            try noteProducer(
                of: batch, markers.isEmpty ? nil : markers[batch.baseOffset], in: active)
        }
        flushing.bytesSinceSnapshot += bytes.count
        active.writeIndexes()
    }

    /// A leadership begins at the log end: its epoch is known from now on, before it has written
    /// anything (KIP-101).
    package func beginEpoch(_ epoch: LeaderEpoch) throws(LogError) {
        try checkOpen()
        if epochs.assign(epoch, at: logEndOffset) { flushing.epochsChanged += 1 }
    }

    func noteEpoch(of header: RecordBatchHeader) {
        if epochs.assign(header.partitionLeaderEpoch, at: header.baseOffset) {
            flushing.epochsChanged += 1
        }
    }
}
