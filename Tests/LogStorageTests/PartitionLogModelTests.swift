import Bytes
import LogStorage
import Model
import Ports
import Records
import TestSupport
import Testing

/// A log against a list of batches, under random operations, crashes and full disks.
@Suite("A partition log against an array")
struct PartitionLogModelTests {
    struct World {
        var test: TestLog
        var random: PRNG
        /// What the log holds.
        var batches: [RecordBatchHeader] = []
        /// What it held before truncations that may not be on the disk yet.
        var earlier: [[RecordBatchHeader]] = []
        var epoch: LeaderEpoch = 0
        var tickets: [FlushTicket] = []
        var value = 0

        var end: Offset { batches.last?.nextOffset ?? 0 }

        mutating func step() throws {
            switch random.below(100) {
            case 0..<35: try appendAsLeader()
            case 35..<50: try appendAsFollower()
            case 50..<70: try read()
            case 70..<76: try flush()
            case 76..<80: try test.checkpoint()
            case 80..<83: try test.log.roll(now: Timestamp(1000))
            case 83..<89: try truncate()
            case 89..<92: try fillDisk()
            case 92..<94: try restart()
            case 94..<96: try crash(keepEverything: true)
            default: try crash(keepEverything: false)
            }
            #expect(test.log.logEndOffset == end)
        }

        mutating func appendAsLeader() throws {
            var batch = makeBatch(
                (0...random.below(4)).map { _ in value }, size: random.below(120),
                time: 1000 + Int64(random.below(500)))
            value += 1
            let result = try test.log.appendNew(&batch, epoch: epoch, now: Timestamp(1000))
            #expect(result.firstOffset == end)
            batches.append(batch.header)
        }

        mutating func appendAsFollower() throws {
            var writer = ByteWriter()
            var next = end
            for _ in 0...random.below(4) {
                if random.below(6) == 0 { epoch = epoch.next }
                let batch = makeBatch([value], size: random.below(200), at: next, epoch: epoch)
                value += 1
                next = batch.nextOffset
                writer.bytes(batch.bytes)
                batches.append(batch.header)
            }
            let isCutOff = random.below(2) == 0
            if isCutOff {
                writer.bytes(makeBatch([value], at: next, epoch: epoch).bytes[0..<40])
            }
            let result = try test.log.append(replicated: writer.finish(), now: Timestamp(1000))
            #expect(result?.lastOffset.next == end)
        }

        mutating func read() throws {
            let log = test.log
            let from = Offset(Int64(random.below(Int(end.rawValue) + 1)))
            let bound = Offset(Int64(random.below(Int(end.rawValue) + 1)))
            let maxBytes = random.below(1500)
            let slice = try log.read(from: from, upTo: bound, maxBytes: maxBytes, minOneBatch: true)
            var found: [RecordBatchHeader] = []
            var sequence = RecordBatchSequence(try slice.load())
            while let batch = try sequence.next() { found.append(batch.header) }
            #expect(sequence.cutOffTail == 0)
            let readable = batches.filter { $0.lastOffset >= from && $0.lastOffset < bound }
            #expect(found == Array(readable.prefix(found.count)))
            let first = readable.first?.sizeInBytes ?? 0
            #expect(slice.count <= max(maxBytes, first))
            if !readable.isEmpty, from < bound { #expect(!found.isEmpty) }
            #expect(
                try test.readAll(from: from, maxBytes: 200 + maxBytes)
                    == batches.filter { $0.lastOffset >= from })
        }

        mutating func flush() throws {
            if let ticket = test.log.prepareFlush() { tickets.append(ticket) }
            guard !tickets.isEmpty, random.below(3) > 0 else { return }
            for ticket in tickets {
                try ticket.sync(on: test.system)
                test.log.flushCompleted(ticket)
            }
            tickets = []
            if test.log.prepareFlush() == nil { earlier = [] }
        }

        mutating func truncate() throws {
            let to = Offset(Int64(random.below(Int(end.rawValue) + 1)))
            earlier.append(batches)
            try test.log.truncate(to: to, now: Timestamp(1000))
            batches.removeAll { $0.lastOffset >= to }
            if let end = batches.last?.nextOffset, end < to, to == test.log.logEndOffset {
                // The array has no notion of an end beyond its last batch; the log has none either.
                Issue.record("a log end inside a batch that was removed")
            }
            epoch = epoch.next
            test.save()
        }

        mutating func fillDisk() throws {
            let before = test.log.logEndOffset
            test.system.writesUntilFull = 0
            defer { test.system.writesUntilFull = .max }
            var batch = makeBatch([1, 2, 3], size: 50)
            #expect(throws: LogError.self) {
                try test.log.appendNew(&batch, epoch: epoch, now: Timestamp(1000))
            }
            #expect(test.log.logEndOffset == before)
            #expect(try test.readAll() == batches)
        }

        mutating func restart() throws {
            try test.stopAndStart()
            #expect(!test.log.opening.wasRecovered)
            #expect(test.log.durableOffset == end)
            try settle(atLeast: end)
            earlier = []
        }

        mutating func crash(keepEverything: Bool) throws {
            let promised = keepEverything ? end : test.log.durableOffset
            try test.crashAndStart(keepEverything: keepEverything)
            try settle(atLeast: promised)
            // A killed process has not synced its cuts; after a power cut what is there is there.
            if !keepEverything { earlier = [] }
        }

        /// What is there after a start must be a prefix of what was written, and hold what was
        /// promised.
        mutating func settle(atLeast promised: Offset) throws {
            let found = try test.readAll()
            #expect(test.log.logStartOffset == 0)
            #expect((found.last?.nextOffset ?? 0) >= promised)
            #expect(test.log.logEndOffset == found.last?.nextOffset ?? 0)
            let candidates = [batches] + earlier
            #expect(candidates.contains { Array($0.prefix(found.count)) == found })
            batches = found
            tickets = []
            epoch = max(epoch, found.last?.partitionLeaderEpoch ?? 0)
            checkEpochs()
            test.save()
            let timestamps = batches.map(\.maxTimestamp)
            #expect(test.log.maxTimestamp == timestamps.max() ?? .none)
        }

        func checkEpochs() {
            var model = LeaderEpochCache()
            for batch in batches { model.assign(batch.partitionLeaderEpoch, at: batch.baseOffset) }
            for epoch in 0...(self.epoch.rawValue + 1) {
                #expect(
                    test.log.endOffset(of: LeaderEpoch(epoch))
                        == model.endOffset(of: LeaderEpoch(epoch), logEndOffset: end))
            }
        }
    }

    @Test(arguments: 0..<60)
    func `keeps what it promised, and nothing that was not written`(seed: Int) throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 3000
        configuration.indexIntervalBytes = 200
        if seed % 3 == 0 { configuration.segmentIndexBytes = 64 }
        var world = World(
            test: try TestLog(seed: UInt64(seed), configuration),
            random: PRNG(seed: UInt64(seed) + 1000))
        for _ in 0..<300 { try world.step() }
    }
}
