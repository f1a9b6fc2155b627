internal import Bytes
package import Model
internal import Ports
internal import Records

/// A record's place and time, as ListOffsets answers it.
package struct TimestampOffset: Hashable, Sendable {
    package let timestamp: Timestamp
    package let offset: Offset
    /// Epoch of the batch, -1 if unknown.
    package let epoch: LeaderEpoch

    package init(timestamp: Timestamp, offset: Offset, epoch: LeaderEpoch) {
        self.timestamp = timestamp
        self.offset = offset
        self.epoch = epoch
    }
}

extension PartitionLog {
    /// The first record whose timestamp is at or after `target`, nil if there is none.
    ///
    /// Reads and unpacks one batch, and may walk over some: not for a hot path. May block on the
    /// disk.
    package func lookUp(_ target: Timestamp) throws(LogError) -> TimestampOffset? {
        try checkOpen()
        for segment in segments where segment.maxTimestamp >= target {
            if let found = try segment.lookUp(target, from: logStartOffset) { return found }
        }
        return nil
    }

    /// The first record with the largest timestamp of the log (KIP-734), nil in an empty log.
    package func offsetOfMaxTimestamp() throws(LogError) -> TimestampOffset? {
        try checkOpen()
        var newest: Segment?
        for segment in segments where segment.size > 0 {
            if segment.maxTimestamp > newest?.maxTimestamp ?? .none { newest = segment }
        }
        guard let newest else { return nil }
        return try newest.lookUp(newest.maxTimestamp, from: logStartOffset)
    }
}

extension Segment {
    /// The first record at or above `start` whose timestamp is at or after `target`.
    func lookUp(
        _ target: Timestamp, from start: Offset
    ) throws(LogError) -> TimestampOffset? {
        guard size > 0 else { return nil }
        // The entry below the target: up to its offset all records are older.
        let floor =
            target > Timestamp(0) ? try timeIndex.floor(Timestamp(target.rawValue - 1)) : nil
        let from = max(floor?.offset ?? baseOffset, start)
        var scanner = BatchScanner(
            try file(), from: try position(of: from), to: size, window: LogLimit.replayWindow)
        while let header = try scanner.header() {
            if header.maxTimestamp >= target, header.lastOffset >= start {
                let batch = try scanner.batch(header)
                if let found = try first(in: batch, at: target, from: start) { return found }
            }
            scanner.skip(header)
        }
        return nil
    }

    private func first(
        in batch: RecordBatchView, at target: Timestamp, from start: Offset
    ) throws(LogError) -> TimestampOffset? {
        do throws(RecordBatchError) {
            var records = try batch.records(limit: LogLimit.unpackedBatch)
            while let record = try records.next() {
                if record.timestamp >= target, record.offset >= start {
                    return TimestampOffset(
                        timestamp: record.timestamp, offset: record.offset,
                        epoch: batch.partitionLeaderEpoch)
                }
            }
            return nil
        } catch {
            throw .corruptBatch(error)
        }
    }
}
