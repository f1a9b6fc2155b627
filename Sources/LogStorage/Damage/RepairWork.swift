internal import Bytes
internal import Model
internal import Ports
internal import ProducerState
internal import Records

/// Writes a sealed segment anew: what is whole of it from its own file, and what is damaged from another
/// replica. Put in place as a compaction is.
struct RepairWork: SegmentWork {
    /// What was found whole behind damage, in our own file; the end of the segment if nothing was.
    private struct Rest {
        let offset: Offset
        let position: Int?
    }

    private enum Phase {
        case copying(position: Int)
        /// Another replica's batches are wanted up to there.
        case wanting(upTo: Rest)
        case written
        case done
    }

    /// Batches behind one another that may all be damaged before the rest is taken from another replica too.
    private static let damagedMax = 16

    private let source: CleaningPlan.Source
    private let directory: String
    /// Finds what the transaction index must say.
    private var transactions: TransactionCheck
    private let epochs: LeaderEpochCache
    private let indexInterval: Int
    private let fileSystem: any FileSystem
    private var phase = Phase.copying(position: 0)
    private var rewriter: SegmentRewriter?
    /// The next offset to be written.
    private var expected: Offset
    /// Read from our own file, and written when the batch after it fits.
    private var held: RecordBatchView?

    /// - Parameter aborted: the transactions that the segment's index tells of, as far as it can be read.
    init(
        _ source: CleaningPlan.Source, aborted: [AbortedTransaction], in directory: String,
        epochs: LeaderEpochCache, indexInterval: Int, on fileSystem: any FileSystem
    ) {
        self.epochs = epochs
        self.source = source
        transactions = TransactionCheck(from: source.baseOffset, aborted)
        self.directory = directory
        self.indexInterval = indexInterval
        self.fileSystem = fileSystem
        expected = source.baseOffset
    }

    var unfinished: CleanedGroup? {
        rewriter.map { CleanedGroup(directory: directory, replaced: [], facts: $0.facts) }
    }

    mutating func step() throws(LogError) -> CleaningJob.Progress {
        if rewriter == nil, case .copying = phase {
            rewriter = try SegmentRewriter(
                at: source.baseOffset, next: source.nextOffset, in: directory,
                indexInterval: indexInterval, on: fileSystem)
        }
        switch phase {
        case .copying(let position): return try copy(from: position)
        case .wanting(let rest): return .wants(from: expected, below: rest.offset)
        case .written: return try finish()
        case .done: return .done(CleaningOutcome(cleanedUpTo: .zero))
        }
    }

    private mutating func copy(from begin: Int) throws(LogError) -> CleaningJob.Progress {
        let path = source.path
        let file = try onDisk { () throws(FileError) in try fileSystem.open(path, .read) }
        file.watchDisk()
        let end = min(source.size, Int(try file.sizeOnDisk()))
        var scanner = BatchScanner(file, from: begin, to: end, window: CleaningWork.stepSize)
        while scanner.position - begin < CleaningWork.stepSize, let header = try scanner.header() {
            let isDoubtful = held.map { header.baseOffset < $0.header.nextOffset } ?? false
            guard let batch = try whole(header, &scanner) else {
                phase = .wanting(upTo: isDoubtful ? nothingWhole : try rest(after: scanner))
                return .more(bytes: scanner.position - begin)
            }
            if let held { try write(held) }
            held = batch
            scanner.skip(header)
        }
        if scanner.fault == nil, scanner.position >= source.size, let held {
            try write(held)
        }
        if scanner.fault != nil { _ = try writeHeld() }
        if scanner.fault != nil || (scanner.position >= end && end < source.size) {
            phase = .wanting(upTo: nothingWhole)
        } else {
            phase = scanner.position >= end ? .written : .copying(position: scanner.position)
        }
        return .more(bytes: scanner.position - begin)
    }

    private var nothingWhole: Rest {
        Rest(offset: source.nextOffset, position: nil)
    }

    /// Where our own file is whole again behind the batch at which the scanner stands: the other replica may not have
    /// more than what is damaged here. Damage that goes on for long, or hides where batches begin, ends the search.
    private func rest(after scanner: BatchScanner) throws(LogError) -> Rest {
        var scanner = scanner
        for _ in 0...Self.damagedMax {
            guard let damaged = try scanner.header() else { break }
            scanner.skip(damaged)
            guard let next = try scanner.header() else { break }
            guard next.baseOffset > expected, next.nextOffset <= source.nextOffset,
                isOfItsEpoch(next, epochs)
            else { continue }
            do throws(LogError) {
                guard try scanner.batch(next).isCRCValid() else { continue }
                return Rest(offset: next.baseOffset, position: scanner.position)
            } catch .corruptBatch {
                continue
            } catch {
                throw error
            }
        }
        return nothingWhole
    }

    /// What follows is damaged in itself: the batch before it is not to blame.
    private mutating func writeHeld() throws(LogError) -> RecordBatchView? {
        if let held { try write(held) }
        held = nil
        return nil
    }

    /// The batch, if it is what was written there.
    private mutating func whole(
        _ header: RecordBatchHeader, _ scanner: inout BatchScanner
    ) throws(LogError) -> RecordBatchView? {
        if let held, header.baseOffset < held.header.nextOffset {
            // One of the two tells a wrong offset.
            self.held = nil
            return nil
        }
        let isInPlace = header.baseOffset >= expected && header.nextOffset <= source.nextOffset
        guard isInPlace, isOfItsEpoch(header, epochs) else {
            return try writeHeld()
        }
        do throws(LogError) {
            let batch = try scanner.batch(header)
            return batch.isCRCValid() ? batch : try writeHeld()
        } catch .corruptBatch {
            return try writeHeld()
        } catch {
            throw error
        }
    }

    private mutating func write(_ batch: RecordBatchView) throws(LogError) {
        transactions.pass(batch.header, try batch.marker())
        try rewriter?.append(batch)
        expected = batch.header.nextOffset
    }

    /// Takes what another replica has from the wanted offset on.
    mutating func supply(_ bytes: SharedBytes) throws(LogError) {
        guard case .wanting(let rest) = phase else { preconditionFailure("nothing is wanted") }
        held = nil
        var batches = RecordBatchSequence(bytes)
        var hasAny = false
        while let batch = try Self.next(of: &batches) {
            hasAny = true
            let header = batch.header
            // What the other replica lacks before this, it has compacted.
            guard header.baseOffset < rest.offset else { return supplied(upTo: rest) }
            guard header.baseOffset >= expected, header.nextOffset <= rest.offset else {
                throw .unexpectedOffset(expected: expected, found: header.baseOffset)
            }
            // One that has not followed all leaders may have another history there.
            guard isOfItsEpoch(header, epochs) else {
                throw .unexpectedEpoch(header.partitionLeaderEpoch, at: header.baseOffset)
            }
            try write(batch)
        }
        guard hasAny else { throw .unexpectedOffset(expected: expected, found: .none) }
        if expected >= rest.offset { supplied(upTo: rest) }
    }

    private mutating func supplied(upTo rest: Rest) {
        phase = rest.position.map { .copying(position: $0) } ?? .written
    }

    private static func next(
        of batches: inout RecordBatchSequence
    ) throws(LogError) -> RecordBatchView? {
        do throws(RecordBatchError) {
            guard let batch = try batches.next() else { return nil }
            try batch.checkCRC()
            return batch
        } catch {
            throw .corruptBatch(error)
        }
    }

    private mutating func finish() throws(LogError) -> CleaningJob.Progress {
        try rewriter?.finish(aborted: transactions.right)
        guard let facts = rewriter?.facts else { preconditionFailure("a segment is written first") }
        rewriter = nil
        phase = .done
        return .ready(
            CleanedGroup(directory: directory, replaced: [source.baseOffset], facts: facts),
            bytes: 0)
    }
}
