import Bytes
import LogStorage
import Model
import Ports
import ProducerState
import Records
import TestSupport
import Testing

@Suite("Opening a log after an unclean stop")
struct PartitionLogRecoveryTests {
    static let log = "/00000000000000000000.log"

    /// Ten batches in two segments, killed.
    func makeTest() throws -> TestLog {
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 100
        var test = try TestLog(configuration)
        for value in 0..<5 { try test.append([value], time: Int64(value + 1) * 1000) }
        try test.log.roll(now: 0)
        for value in 5..<10 { try test.append([value], epoch: 2, time: Int64(value + 1) * 1000) }
        return test
    }

    func path(_ name: String) -> String { TestLog.directory + name }

    @Test func `finds everything that a killed process had written`() throws {
        var test = try makeTest()
        try test.crashAndStart(keepEverything: true)
        #expect(test.log.opening.wasRecovered)
        #expect(test.log.opening.bytesCutOff == 0)
        #expect(test.log.logEndOffset == 10)
        #expect(test.log.durableOffset == 0, "the page cache is not the disk")
        #expect(test.log.latestEpoch == 2)
        #expect(test.log.endOffset(of: 0) == OffsetAndEpoch(offset: 5, epoch: 0))
        #expect(try test.readAll().count == 10)
        try test.log.flush()
        #expect(test.log.durableOffset == 10)
    }

    @Test func `cuts a torn batch, and what follows it`() throws {
        var test = try makeTest()
        var bytes = test.system.contents(path(Self.log))!
        let size = bytes.count
        bytes[size / 5 * 2 + 70] ^= 1
        test.system.write(bytes, to: path(Self.log))
        try test.crashAndStart(keepEverything: true)
        #expect(test.log.logEndOffset == 2)
        #expect(test.log.opening.segmentsRemoved == 1)
        #expect(test.log.opening.bytesCutOff == size / 5 * 3)
        #expect(test.log.opening.fault != nil)
        #expect(test.log.latestEpoch == 0)
        #expect(test.system.contents(path(Self.log))!.count == size / 5 * 2)
        try test.append([1], epoch: 3)
        #expect(try test.readAll().count == 3)
    }

    /// After an orderly stop nothing is checked: a damaged batch must not be believed about where it ends. Each bit of
    /// `lastOffsetDelta`; the producers' snapshot is lost too.
    @Test(arguments: 0..<32) func `passes over what a damaged batch says of its producer`(
        bit: Int
    ) throws {
        var test = try TestLog()
        for sequence in 0..<4 { #expect(try send(Int32(sequence), to: test.log)) }
        try test.log.roll(now: 0)
        #expect(try send(4, to: test.log))
        try test.log.close()
        test.save()
        for name in test.system.names(TestLog.directory) where name.hasSuffix(".snapshot") {
            try test.system.remove(path("/" + name))
        }
        var bytes = test.system.contents(path(Self.log))!
        bytes[bytes.count / 4 + 23 + bit / 8] ^= 1 << UInt8(bit % 8)
        test.system.write(bytes, to: path(Self.log))
        test.saved.wasCleanShutdown = true
        let log = try TestLog.open(test.system, test.configuration, test.saved)
        #expect(log.logEndOffset == 5)
        #expect(try !send(4, to: log), "it is known")
        // A negative one makes the header none, and ends the look at its segment.
        if bit != 7 { #expect(try !send(3, to: log), "it lies behind the damage") }
        #expect(try send(5, to: log))
        try log.roll(now: 0)
        #expect(try send(6, to: log))
        #expect(log.logEndOffset == 7)
    }

    /// Whether a producer's batch was new.
    private func send(_ sequence: Int32, to log: PartitionLog) throws -> Bool {
        var batch = makeBatch([1], producer: 42, producerEpoch: 0, sequence: sequence)
        if case .appended = try log.append(&batch, epoch: 0, now: 0) { return true }
        return false
    }

    /// Within one segment, and over several.
    @Test(arguments: [1 << 20, 300])
    func `knows a producer's last five batches after an orderly stop`(segmentBytes: Int) throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = segmentBytes
        var it = try TestLog(configuration)
        func batch(_ index: Int, _ producer: ProducerID) -> RecordBatchView {
            makeBatch(
                [index, index], producer: producer, producerEpoch: 0, sequence: Int32(index * 2))
        }
        for index in 0..<7 {
            for producer in [ProducerID(1), ProducerID(2)] {
                var next = batch(index, producer)
                _ = try it.log.appendNew(&next, epoch: .zero, now: Timestamp(1000))
            }
        }
        try it.stopAndStart()
        for index in 2..<7 {
            let verdict = try it.log.checkProducer(batch(index, 2).header)
            guard case .duplicate(let known) = verdict else {
                Issue.record("batch \(index) is not known again")
                continue
            }
            #expect(known.firstOffset == Offset(Int64(index * 4 + 2)))
        }
        #expect(try it.log.checkProducer(batch(7, 2).header) == .append)
        #expect(throws: ProducerStateError.self) {
            try it.log.checkProducer(batch(1, 2).header)
        }
    }

    @Test func `takes zeros at the end for the end`() throws {
        var test = try makeTest()
        let name = path("/00000000000000000005.log")
        test.system.write(
            test.system.contents(name)! + [UInt8](repeating: 0, count: 10_000), to: name)
        try test.crashAndStart(keepEverything: true)
        #expect(test.log.logEndOffset == 10)
        #expect(test.log.opening.bytesCutOff == 10_000)
    }

    @Test func `does not look below the recovery point`() throws {
        var test = try makeTest()
        try test.checkpoint()
        var bytes = test.system.contents(path(Self.log))!
        bytes[bytes.count - 1] ^= 1
        test.system.write(bytes, to: path(Self.log))
        try test.crashAndStart(keepEverything: true)
        #expect(test.log.logEndOffset == 10)
        #expect(test.log.recoveryPoint == 10)
    }

    @Test func `rebuilds indexes that are missing or damaged`() throws {
        for damage in [nil, [], [1, 2, 3], [UInt8](repeating: 0xff, count: 24)] as [[UInt8]?] {
            for name in ["/00000000000000000000.index", "/00000000000000000000.timeindex"] {
                var test = try makeTest()
                try test.stopAndStart()
                let before = test.system.contents(path(name))
                if let damage {
                    test.system.write(damage, to: path(name))
                } else {
                    try test.system.remove(path(name))
                }
                try test.stopAndStart()
                #expect(try test.readAll().count == 10)
                #expect(try test.log.lookUp(3500)?.offset == 3)
                // An empty index is a valid one, only slow.
                if damage != [] { #expect(test.system.contents(path(name)) == before) }
            }
        }
    }

    @Test func `accepts an index that Kafka had preallocated`() throws {
        var test = try makeTest()
        try test.stopAndStart()
        for name in ["/00000000000000000005.index", "/00000000000000000005.timeindex"] {
            let zeros = [UInt8](repeating: 0, count: 8 * 12 * 100)
            test.system.write(test.system.contents(path(name))! + zeros, to: path(name))
        }
        try test.crashAndStart(keepEverything: true)
        #expect(try test.readAll().count == 10)
        #expect(try test.log.lookUp(7500)?.offset == 7)
        try test.stopAndStart()
        #expect(test.system.contents(path("/00000000000000000005.index"))!.count < 100)
    }

    @Test func `rebuilds epochs whose file is missing or damaged`() throws {
        for damage in [nil, "", "0\n2\n0 0\n", "9\n1\n0 0\n", "0\n2\n5 5\n3 9\n"] as [String?] {
            var test = try makeTest()
            try test.stopAndStart()
            let name = path("/leader-epoch-checkpoint")
            if let damage {
                test.system.write(Array(damage.utf8), to: name)
            } else {
                try test.system.remove(name)
            }
            try test.stopAndStart()
            #expect(test.log.endOffset(of: 0) == OffsetAndEpoch(offset: 5, epoch: 0))
            #expect(test.log.endOffset(of: 1) == OffsetAndEpoch(offset: 5, epoch: 0))
            #expect(test.log.endOffset(of: 2) == OffsetAndEpoch(offset: 10, epoch: 2))
        }
    }

    @Test func `clears away what an interrupted change left`() throws {
        var test = try makeTest()
        try test.stopAndStart()
        for name in [
            "00000000000000000099.log.deleted", "00000000000000000003.log.cleaned",
            "leader-epoch-checkpoint.tmp", "00000000000000000007.index",
        ] { test.system.write([1, 2, 3], to: path("/" + name)) }
        try test.stopAndStart()
        #expect(test.log.opening.filesMended.count == 4)
        let names = test.system.names(TestLog.directory)
        #expect(!names.contains { $0.contains(".deleted") || $0.contains(".tmp") })
        #expect(!names.contains { $0.contains("0007") || $0.contains(".cleaned") })
        #expect(try test.readAll().count == 10)
    }

    @Test func `puts a compacted segment in the place of the old ones`() throws {
        var test = try makeTest()
        try test.stopAndStart()
        let kept = makeBatch([7], at: 3, epoch: 0, time: 4000)
        let late = makeBatch([8], at: 9, epoch: 2, time: 9000)
        test.system.write(
            kept.bytes.array + late.bytes.array, to: path("/00000000000000000000.log.swap"))
        try test.stopAndStart()
        #expect(try test.readAll().map(\.baseOffset) == [3, 9])
        #expect(test.log.logEndOffset == 10)
        #expect(!test.system.names(TestLog.directory).contains { $0.hasSuffix(".swap") })
    }

    @Test func `begins at the checkpointed start, even where the log was lost`() throws {
        var test = try makeTest()
        try test.log.close()
        test.saved = LogHistory(recoveryPoint: 10, logStartOffset: 7)
        test.log = try TestLog.open(test.system, test.configuration, test.saved)
        #expect(test.log.logStartOffset == 7)
        #expect(test.log.endOffset(of: 0) == OffsetAndEpoch(offset: 7, epoch: 0))
        test.saved.logStartOffset = 50
        test.log = try TestLog.open(test.system, test.configuration, test.saved)
        #expect(test.log.logStartOffset == 50)
        #expect(test.log.logEndOffset == 50)
        try test.append([1], epoch: 4)
        #expect(try test.readAll().map(\.baseOffset) == [50])
    }

    @Test(arguments: 0..<200)
    func `survives any bytes in any file`(seed: Int) throws {
        var random = PRNG(seed: UInt64(seed))
        var test = try makeTest()
        try test.stopAndStart()
        try test.log.close()
        let names = test.system.names(TestLog.directory)
        for _ in 0...random.below(3) {
            let name = path("/" + names[random.below(names.count)])
            var bytes = test.system.contents(name) ?? []
            switch random.below(4) {
            case 0: bytes = (0..<random.below(300)).map { _ in UInt8(random.below(256)) }
            case 1: bytes = Array(bytes.prefix(random.below(bytes.count + 1)))
            case 2: bytes += (0..<random.below(100)).map { _ in UInt8(random.below(256)) }
            default:
                for _ in 0..<random.below(8) where !bytes.isEmpty {
                    bytes[random.below(bytes.count)] = UInt8(random.below(256))
                }
            }
            test.system.write(bytes, to: name)
        }
        test.saved = LogHistory(
            wasCleanShutdown: seed % 2 == 0, recoveryPoint: seed % 3 == 0 ? 10 : 0)
        do {
            test.log = try TestLog.open(test.system, test.configuration, test.saved)
            _ = try test.log.lookUp(3000)
            _ = try test.log.offsetOfMaxTimestamp()
            _ = try test.log.abortedTransactions(from: 0, to: test.log.logEndOffset)
            _ = try test.log.truncate(to: 6, now: 0)
            try test.append([1], epoch: 9)
            _ = try test.readAll()
        } catch is LogError {
        } catch is RecordBatchError {
            // Found by the reader, who checks what it reads.
        }
        try test.log.close()
    }
}
