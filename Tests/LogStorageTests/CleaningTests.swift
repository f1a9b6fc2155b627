import Bytes
import Compression
import Model
import ProducerState
import Records
import TestSupport
import Testing

@testable import LogStorage

/// What a cleaning may use in these tests.
func means(bytes: Int = 1 << 20) -> CleaningMeans {
    CleaningMeans(mapBytes: bytes, loadFactor: 0.9, secret: (1, 2))
}

/// A record of a compacted topic: nil as value is a tombstone.
struct KeyValue: Equatable {
    let offset: Offset
    let key: String
    let value: String?
}

extension TestLog {
    /// Appends one batch of keyed records.
    mutating func append(
        _ records: [(String, String?)], codec: CompressionCodec = .none, time: Int64 = 1000,
        producer: ProducerID = .none, sequence: Int32 = -1, transactional: Bool = false
    ) throws {
        var options = RecordBatchBuilder.Options()
        options.compression = codec
        options.producerID = producer
        options.producerEpoch = producer == .none ? -1 : 0
        options.baseSequence = sequence
        options.isTransactional = transactional
        var builder = RecordBatchBuilder(options)
        for (key, value) in records {
            builder.append(
                timestamp: Timestamp(time), key: SharedBytes(utf8: key),
                value: value.map { SharedBytes(utf8: $0) })
        }
        var batch = try RecordBatchView(try builder.finish())
        _ = try log.appendNew(&batch, epoch: 0, now: Timestamp(time))
    }

    mutating func end(
        _ producer: ProducerID, isCommit: Bool, time: Int64 = 1000
    ) throws {
        let marker = EndTransactionMarker(isCommit: isCommit, coordinatorEpoch: 0)
        var batch = try RecordBatchView(
            RecordBatchBuilder.endTransaction(
                marker, producerID: producer, producerEpoch: 0, timestamp: Timestamp(time)))
        _ = try log.append(&batch, epoch: 0, origin: .coordinator, now: Timestamp(time))
    }

    /// Closes the active segment and takes a checkpoint, so that all before it may be compacted.
    mutating func close() throws {
        try log.roll(now: 1000)
        try append([("last", "x")])
        log.highWatermarkAdvanced(to: log.logEndOffset)
        try checkpoint()
        log.recoveryPointWritten(log.recoveryPoint)
    }

    func need(_ rules: CleaningRules = CleaningRules(), at now: Int64) throws
        -> Dirtiness?
    {
        try log.dirtiness(
            rules, lastStableOffset: log.lastStableOffset(highWatermark: log.logEndOffset),
            now: Timestamp(now))
    }

    /// A whole compaction, if there is anything to compact.
    @discardableResult
    mutating func clean(
        _ rules: CleaningRules = CleaningRules(), at now: Int64 = 2000, bytes: Int = 1 << 20
    ) throws -> CleaningOutcome? {
        guard let need = try need(rules, at: now) else { return nil }
        let job = try log.beginCleaning(need, rules, means(bytes: bytes), now: Timestamp(now))
        while true {
            let progress: CleaningJob.Progress
            do {
                progress = try job.step()
            } catch {
                try log.cleaningFailed(job)
                try job.discard()
                throw error
            }
            switch progress {
            case .more, .wants: continue
            case .ready(let group, _):
                try log.adopt(group, of: job, now: Timestamp(now))?.perform(on: system)
            case .done(let outcome):
                log.cleaningEnded(job, outcome)
                saved.cleanedUpTo = log.cleanedUpTo
                return outcome
            case .closed: return nil
            }
        }
    }

    /// Everything in the log, as a client reads it.
    func contents() throws -> [KeyValue] {
        var offset = log.logStartOffset
        var found: [KeyValue] = []
        while offset < log.logEndOffset {
            let slice = try log.read(
                from: offset, upTo: log.logEndOffset, maxBytes: 500, minOneBatch: true)
            if slice.isEmpty { break }
            var batches = RecordBatchSequence(try slice.load())
            while let batch = try batches.next() {
                try batch.checkCRC()
                offset = batch.nextOffset
                guard !batch.isControl else { continue }
                var records = try batch.records()
                while let record = try records.next() {
                    found.append(
                        KeyValue(
                            offset: record.offset, key: record.key?.utf8 ?? "",
                            value: record.value?.utf8))
                }
            }
        }
        return found
    }

    func headers() throws -> [RecordBatchHeader] { try readAll() }
}

@Suite("Compaction of a log")
struct CleaningTests {
    @Test(arguments: [CompressionCodec.none, .gzip, .snappy, .lz4, .zstd])
    func `keeps the newest record of each key, at its offset, in every codec`(
        codec: CompressionCodec
    ) throws {
        var test = try TestLog()
        try test.append([("a", "1"), ("b", "1"), ("a", "2")], codec: codec)
        try test.append([("c", "1"), ("b", "2")], codec: codec)
        try test.log.roll(now: 0)
        try test.append([("a", "3")], codec: codec)
        try test.close()
        let expected = [
            KeyValue(offset: 3, key: "c", value: "1"), KeyValue(offset: 4, key: "b", value: "2"),
            KeyValue(offset: 5, key: "a", value: "3"), KeyValue(offset: 6, key: "last", value: "x"),
        ]
        let outcome = try #require(try test.clean())
        #expect(outcome.cleanedUpTo == 6)
        #expect(outcome.keys == 3)
        #expect(try test.contents() == expected)
        #expect(test.log.segmentCount == 2)
        for keepsEverything in [true, false] {
            try test.crashAndStart(keepEverything: keepsEverything)
            #expect(try test.contents() == expected)
        }
        try test.stopAndStart()
        #expect(try test.contents() == expected)
        let names = test.system.names(TestLog.directory)
        #expect(names.allSatisfy { !$0.hasSuffix(".cleaned") && !$0.hasSuffix(".swap") })
        #expect(try test.clean() == nil)
    }

    @Test func `keeps a tombstone until its batch's horizon, which it gets when first cleaned`()
        throws
    {
        var rules = CleaningRules()
        rules.deleteRetention = .milliseconds(500)
        rules.ratioMin = 0
        var test = try TestLog()
        try test.append([("a", "1"), ("b", "1")])
        try test.append([("a", nil)])
        try test.close()
        try test.clean(rules, at: 2000)
        #expect(try test.contents().map(\.key) == ["b", "a", "last"])
        #expect(try test.headers()[1].deleteHorizon == 2500)
        #expect(try test.headers()[1].maxTimestamp == 1000)
        try test.close()
        try test.clean(rules, at: 2499)
        #expect(try test.contents().map(\.key) == ["b", "a", "last", "last"])
        #expect(try test.headers()[1].deleteHorizon == 2500)
        try test.close()
        try test.clean(rules, at: 2500)
        #expect(try test.contents().map(\.key) == ["b", "last", "last"])
    }

    @Test func `takes records of aborted transactions, and their markers last`() throws {
        var rules = CleaningRules()
        rules.deleteRetention = .milliseconds(500)
        var test = try TestLog()
        try test.append([("a", "kept")], producer: 1, sequence: 0, transactional: true)
        try test.append([("b", "gone")], producer: 2, sequence: 0, transactional: true)
        try test.end(1, isCommit: true)
        try test.end(2, isCommit: false)
        try test.append([("a", "aborted")], producer: 3, sequence: 0, transactional: true)
        try test.end(3, isCommit: false)
        // Newer data of the producers, so that their old batches are not kept for the sequence.
        for producer in [1, 2, 3] as [ProducerID] {
            try test.append([("p\(producer.rawValue)", "x")], producer: producer, sequence: 1)
        }
        try test.close()
        try test.clean(rules, at: 2000)
        #expect(try test.contents().map(\.value) == ["kept", "x", "x", "x", "x"])
        // The markers stay, and are told to readers, until nothing is left of what they end.
        func horizons() throws -> [Timestamp?] {
            try test.headers().filter(\.isControl).map(\.deleteHorizon)
        }
        #expect(try horizons() == [nil, nil, nil])
        #expect(try test.log.abortedTransactions(from: 0, to: 100).count == 2)
        try test.close()
        try test.clean(rules, at: 2000)
        #expect(try test.log.abortedTransactions(from: 0, to: 100).isEmpty)
        #expect(try horizons() == [nil, 2500, 2500])
        try test.close()
        try test.clean(rules, at: 3000)
        #expect(try test.headers().filter(\.isControl).map(\.baseOffset) == [2])
        #expect(try test.contents().first?.value == "kept")
    }

    @Test func `leaves an open transaction, and all behind it, alone`() throws {
        var test = try TestLog()
        try test.append([("a", "1")])
        try test.log.roll(now: 0)
        try test.append([("a", "2")], producer: 1, sequence: 0, transactional: true)
        try test.log.roll(now: 0)
        try test.append([("a", "3")])
        try test.close()
        #expect(try test.need(at: 2000)?.end == 1)
        try test.end(1, isCommit: true)
        test.log.highWatermarkAdvanced(to: test.log.logEndOffset)
        #expect(try test.need(at: 2000)?.end == 3)
    }

    @Test func `keeps what an idempotent producer needs, without records if need be`() throws {
        var test = try TestLog()
        try test.append([("a", "1")], producer: 7, sequence: 0)
        try test.append([("a", "2")])
        try test.close()
        try test.clean()
        #expect(try test.contents().map(\.value) == ["2", "x"])
        let first = try test.headers()[0]
        #expect(first.recordCount == 0)
        #expect(first.producerID == 7)
        #expect(first.lastSequence == 0)
        test.log = try TestLog.open(test.system, test.configuration, test.saved)
        #expect(test.log.producers?.entry(7)?.lastSequence == 0)
    }

    @Test func `waits for the lag, and does not wait longer than allowed`() throws {
        var rules = CleaningRules()
        rules.lagMin = .milliseconds(500)
        var test = try TestLog()
        try test.append([("a", "1")], time: 1000)
        try test.close()
        #expect(try test.need(rules, at: 1400) == nil)
        #expect(try test.need(rules, at: 1500)?.end == 1)
        rules.lagMin = .zero
        rules.ratioMin = 1
        #expect(try test.need(rules, at: 1500)?.isDue(rules) == false)
        rules.lagMax = .milliseconds(400)
        #expect(try test.need(rules, at: 1500)?.isDue(rules) == true)
    }

    @Test func `within little memory takes several rounds`() throws {
        var test = try TestLog()
        for value in 0..<4 {
            for block in 0..<10 {
                try test.append((0..<100).map { ("k\(block * 100 + $0)", "\(value)") })
            }
            try test.log.roll(now: 0)
        }
        try test.close()
        let first = try #require(try test.clean(bytes: 0))
        #expect(first.keys == 921)
        #expect(first.cleanedUpTo == 921)
        var rules = CleaningRules()
        rules.ratioMin = 0
        var rounds = 1
        while try test.clean(rules, bytes: 0) != nil { rounds += 1 }
        #expect(rounds < 12)
        #expect(try test.contents().count == 1001)
        #expect(try test.contents().dropLast().allSatisfy { $0.value == "3" })
    }

    @Test func `ends when the log is cut`() throws {
        var test = try TestLog()
        try test.append([("a", "1"), ("a", "2")])
        try test.close()
        let need = try #require(try test.need(at: 2000))
        let job = try test.log.beginCleaning(need, CleaningRules(), means(), now: 2000)
        var ready: CleanedGroup?
        while ready == nil {
            if case .ready(let group, _) = try job.step() { ready = group }
        }
        #expect(test.system.names(TestLog.directory).contains { $0.hasSuffix(".swap") })
        try test.log.truncate(to: 0, now: 2000)
        #expect(test.system.names(TestLog.directory).allSatisfy { !$0.hasSuffix(".swap") })
        #expect(try test.log.adopt(#require(ready), of: job, now: 2000) == nil)
        guard case .closed = try job.step() else {
            Issue.record("a closed job goes on")
            return
        }
        try test.append([("b", "1")])
        #expect(try test.contents().map(\.key) == ["b"])
    }

    @Test func `outlives the loss of all checkpoints to damage`() throws {
        var test = try TestLog()
        // The last records of the first segment go, so that offsets are missing before the second.
        try test.append([("a", "1"), ("b", "1"), ("c", "1")])
        try test.append([("b", "2"), ("c", "2")])
        try test.log.roll(now: 0)
        try test.append([("b", "3"), ("c", "3")])
        test.configuration.segmentBytes = 100
        test.log.configuration = test.configuration
        try test.close()
        try test.clean()
        #expect(test.log.segmentCount == 3)
        let expected = try test.contents()
        #expect(expected.map(\.offset) == [0, 5, 6, 7])
        test.system.crash()
        var history = LogHistory()
        history.areGapsBelieved = true
        test.log = try TestLog.open(test.system, test.configuration, history)
        #expect(try test.contents() == expected)
    }

    @Test func `of a damaged batch fails and leaves the log as it was`() throws {
        var test = try TestLog()
        try test.append([("a", "1"), ("a", "2")])
        try test.close()
        let path = TestLog.directory + "/00000000000000000000.log"
        var bytes = try #require(test.system.contents(path))
        bytes[70] ^= 1
        test.system.write(bytes, to: path)
        test.log = try TestLog.open(test.system, test.configuration, test.saved)
        test.log.recoveryPointWritten(test.log.recoveryPoint)
        #expect(throws: LogError.self) { try test.clean() }
        #expect(test.system.names(TestLog.directory).allSatisfy { !$0.hasSuffix(".cleaned") })
    }

    @Test func `fingerprints keys as SipHash's reference does`() {
        let secret = KeyFingerprint.Secret(
            first: 0x0706_0504_0302_0100, second: 0x0f0e_0d0c_0b0a_0908)
        let empty = KeyFingerprint(of: .empty, secret)
        #expect(empty.low == 0xe6a8_25ba_047f_81a3)
        #expect(empty.high == 0x9302_55c7_1472_f66d)
        let one = KeyFingerprint(of: SharedBytes([0]), secret)
        #expect(one.low == 0x44af_996b_d8c1_87da)
        #expect(one.high == 0x45fc_229b_1159_7634)
        let seen = (0..<40).map {
            KeyFingerprint(of: SharedBytes([UInt8](repeating: 9, count: $0)), secret)
        }
        #expect(Set(seen).count == 40)
    }
}
