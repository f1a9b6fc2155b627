import Bytes
import Model
import Ports
import Records
import TestSupport
import Testing

@testable import LogStorage

@Suite("The files of a partition log")
struct PartitionLogFilesTests {
    /// The lines of a checkpoint without the blanks at their end, which Kafka passes over too.
    func rows(_ test: TestLog, _ name: String) -> [String]? {
        text(test, name)?.split(separator: "\n").map { line in
            String(
                line.prefix(line.count - line.reversed().prefix { $0 == " " || $0 == "\t" }.count))
        }
    }

    func text(_ test: TestLog, _ name: String) -> String? {
        test.system.contents(TestLog.directory + "/" + name).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    func bytes(_ test: TestLog, _ name: String) -> [UInt8]? {
        test.system.contents(TestLog.directory + "/" + name)
    }

    @Test func `are let go of where nobody writes, and opened again by the next who does`() throws {
        var test = try TestLog()
        try test.append([1])
        try test.log.flush()
        #expect(test.log.active.openLogFile != nil)
        #expect(try test.log.prepareCheckpoint() == nil)
        #expect(test.log.active.openLogFile == nil)
        try test.append([1])
        #expect(test.log.active.openLogFile != nil)
        #expect(try test.log.prepareCheckpoint() != nil)
        let slice = try test.log.read(from: 0, upTo: 2, maxBytes: 1000, minOneBatch: true)
        #expect(try slice.load().count == test.log.active.size)
        try test.log.flush()
        try test.stopAndStart()
        #expect(test.log.logEndOffset == 2)
    }

    @Test func `do not exist before the first append`() throws {
        var test = try TestLog()
        #expect(test.log.prepareFlush() == nil)
        #expect(try test.log.prepareCheckpoint() == nil)
        let calls = test.system.calls
        _ = try test.log.read(from: 0, upTo: 0, maxBytes: 100, minOneBatch: true)
        #expect(test.system.calls == calls)
        #expect(!test.system.exists(TestLog.directory))
        try test.stopAndStart()
        #expect(!test.system.exists(TestLog.directory))
        try test.append([1])
        #expect(test.system.exists(TestLog.directory))
    }

    @Test func `are not made in a log directory that was removed`() throws {
        var test = try TestLog()
        try test.system.removeTree("/data")
        #expect {
            try test.append([1])
        } throws: { error in
            guard case .file(let error)? = error as? LogError else { return false }
            return error.kind == .notFound
        }
        #expect(!test.system.exists("/data"))
        #expect(test.log.logEndOffset == 0)
    }

    @Test func `are named and filled as Kafka's are`() throws {
        var configuration = LogConfiguration()
        configuration.indexIntervalBytes = 0
        var test = try TestLog(configuration)
        let first = try test.append([1, 2], epoch: 3, time: 500).bytes
        try test.append([3], epoch: 3, time: 700)
        try test.log.roll(now: 1000)
        try test.append([4], epoch: 5, time: 600)
        try test.stopAndStart()
        #expect(
            test.system.names(TestLog.directory) == [
                "00000000000000000000.index", "00000000000000000000.log",
                "00000000000000000000.timeindex", "00000000000000000003.index",
                "00000000000000000003.log", "00000000000000000003.snapshot",
                "00000000000000000003.timeindex", "00000000000000000004.snapshot",
                "leader-epoch-checkpoint", "partition.metadata",
            ])
        #expect(rows(test, "leader-epoch-checkpoint") == ["0", "2", "3 0", "5 3"])
        #expect(text(test, "partition.metadata") == "version: 0\ntopic_id: \(TestLog.topicID)")
        let index = bytes(test, "00000000000000000000.index")
        #expect(index == [0, 0, 0, 2, 0, 0, 0, UInt8(first)])
        let times = bytes(test, "00000000000000000000.timeindex")
        #expect(times == [0, 0, 0, 0, 0, 0, 0x02, 0xbc, 0, 0, 0, 2])
        #expect(bytes(test, "00000000000000000003.index") == [])
        #expect(
            bytes(test, "00000000000000000003.timeindex")
                == [0, 0, 0, 0, 0, 0, 0x02, 0x58, 0, 0, 0, 0])
    }

    @Test func `are synced with their directory by the first commit, and not again`() throws {
        var test = try TestLog()
        try test.append([1])
        let ticket = try #require(test.log.prepareFlush())
        #expect(ticket.directories == [TestLog.directory, "/data"])
        #expect(test.log.durableOffset == 0)
        try ticket.sync(on: test.system)
        #expect(test.log.flushCompleted(ticket))
        #expect(test.log.durableOffset == 1)
        #expect(test.log.recoveryPoint == 0)
        #expect(test.log.prepareFlush() == nil)
        try test.append([2])
        let next = try #require(test.log.prepareFlush())
        #expect(next.directories == [])
        #expect(next.files.count == 1)
        try test.checkpoint()
        #expect(test.log.recoveryPoint == 2)
        #expect(rows(test, "leader-epoch-checkpoint") == ["0", "1", "0 0"])
    }

    @Test func `of another life of the topic are refused`() throws {
        var test = try TestLog()
        try test.append([1])
        try test.log.close()
        let other = TopicID(UUID(high: 1, low: 1))
        #expect(
            throws: LogError.topicIDMismatch(
                path: TestLog.directory + "/partition.metadata", found: TestLog.topicID,
                expected: other)
        ) {
            try PartitionLog.open(
                TestLog.partition, topicID: other, in: TestLog.directory, on: test.system, now: 0)
        }
    }

    @Test func `roll by size, by age of their records, and where offsets no longer fit`() throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 250
        configuration.segmentAge = .seconds(10)
        var test = try TestLog(configuration)
        try test.append([1], time: 1000)
        try test.append([2], time: 11_000)
        #expect(test.log.segmentCount == 1)
        #expect(try test.append([3], time: 11_001).didRoll)
        try test.append([4], size: 150, time: 11_001)
        #expect(test.log.segmentCount == 3)
        let far = makeBatch([9], at: 8_589_934_592, epoch: 0)
        #expect(try test.log.append(replicated: far.bytes, now: 0)?.firstOffset == 8_589_934_592)
        #expect(test.log.activeSegmentBaseOffset == 8_589_934_592)
        #expect(try test.readAll().map(\.baseOffset) == [0, 1, 2, 3, 8_589_934_592])
        try test.crashAndStart(keepEverything: true)
        #expect(test.log.logEndOffset == 4, "a gap between segments is a loss, without compaction")
    }

    @Test func `take a batch larger than a segment alone`() throws {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 200
        var test = try TestLog(configuration)
        try test.append([1], size: 1000)
        try test.append([1], size: 1000)
        #expect(test.log.segmentCount == 2)
        #expect(try test.readAll().count == 2)
        let slice = try test.log.read(from: 0, upTo: 2, maxBytes: 10, minOneBatch: false)
        #expect(slice.isEmpty)
    }

    @Test func `outlive their name while a reader holds them`() throws {
        var test = try TestLog()
        try test.append([1])
        try test.log.roll(now: 0)
        try test.append([2])
        let slice = try test.log.read(from: 0, upTo: 2, maxBytes: 1000, minOneBatch: true)
        try test.log.advanceLogStart(to: 1)
        let removal = try #require(try test.log.deleteSegmentsBelowStart())
        try removal.rename(on: test.system)
        let names = test.system.names(TestLog.directory).filter { $0.hasSuffix(".deleted") }
        #expect(names.count == 3)
        try removal.perform(on: test.system)
        #expect(test.system.names(TestLog.directory).allSatisfy { !$0.hasSuffix(".deleted") })
        #expect(try slice.load().count == slice.count)
        #expect(throws: LogError.offsetOutOfRange(asked: 0, start: 1, end: 2)) {
            try test.log.read(from: 0, upTo: 2, maxBytes: 1000, minOneBatch: true)
        }
    }

    @Test func `go at once where the disk has no room for another name`() throws {
        var test = try TestLog()
        try test.append([1])
        try test.log.roll(now: 0)
        try test.append([2])
        try test.log.advanceLogStart(to: 1)
        let removal = try #require(try test.log.deleteSegmentsBelowStart())
        let old = "00000000000000000000"
        #expect(test.system.names(TestLog.directory).contains { $0.hasPrefix(old) })
        test.system.hasNoRoomForNames = true
        try removal.rename(on: test.system)
        #expect(!test.system.names(TestLog.directory).contains { $0.hasPrefix(old) })
        try removal.perform(on: test.system)
    }

    @Test func `are renamed before others of their names are made`() throws {
        var test = try TestLog()
        try test.append([1])
        try test.log.roll(now: 0)
        try test.append([2])
        try test.log.advanceLogStart(to: 1)
        let removal = try #require(try test.log.deleteSegmentsBelowStart())
        #expect(test.system.names(TestLog.directory).allSatisfy { !$0.hasSuffix(".deleted") })
        // The log begins anew where the old segment began.
        try test.log.truncateFully(andStartAt: 0, now: 0)
        try test.append([3])
        try removal.perform(on: test.system)
        #expect(try test.readAll().map(\.baseOffset) == [0])
        try test.stopAndStart()
        #expect(try test.readAll().map(\.baseOffset) == [0])
    }

    @Test func `go when they are too old or too many`() throws {
        var configuration = LogConfiguration()
        configuration.retentionAge = .seconds(10)
        var test = try TestLog(configuration)
        for time in [1000, 2000, 50_000] {
            try test.append([1], time: Int64(time))
            try test.log.roll(now: 0)
        }
        #expect(try test.log.deleteOldSegments(highWatermark: 0, now: 20_000) == nil)
        let removal = try test.log.deleteOldSegments(highWatermark: 3, now: 20_000)
        try #require(removal).rename(on: test.system)
        let names = test.system.names(TestLog.directory).filter { $0.hasSuffix(".deleted") }
        #expect(names.count == 7)
        #expect(test.log.logStartOffset == 2)
        test.log.configuration.retentionAge = nil
        test.log.configuration.retentionBytes = 0
        #expect(try test.log.deleteOldSegments(highWatermark: 3, now: 20_000) != nil)
        #expect(test.log.logStartOffset == 3)
        #expect(test.log.size == 0)
        try test.append([5])
        #expect(try test.readAll().map(\.baseOffset) == [3])
    }

    @Test func `move aside as a whole when the log is deleted`() throws {
        var test = try TestLog()
        try test.append([1])
        let path = try test.log.renameForDeletion(UUID(high: 1, low: 0xab))
        #expect(path == "/data/orders-0.000000000000000100000000000000ab-delete")
        #expect(!test.system.exists(TestLog.directory))
        #expect(throws: LogError.closed) { try test.append([1]) }
        try test.system.removeTree(path!)
        #expect(try test.system.list("/data").isEmpty)
    }
}
