import Bytes
import Compression
import Model
import TestSupport
import Testing

@testable import Records

@Suite("A leader's check of a producer's batch")
struct BatchValidatorTests {
    static let now: Timestamp = 1_700_000_000_100
    var rules = BatchRules()

    /// The payload is copied first, because validation stamps it.
    func validate(_ payload: SharedBytes) throws(BatchRejection) -> ValidatedBatch {
        try BatchValidator.validate(payload.detached(), rules: rules, now: Self.now)
    }

    func rejection(_ payload: SharedBytes) -> BatchRejection? {
        do { _ = try validate(payload) } catch { return error }
        return nil
    }

    @Test(arguments: Goldens.all + Goldens.librdkafka)
    func `lets a real client's batch through as it is`(payload: SharedBytes) throws {
        let valid = try validate(payload)
        #expect(valid.batch.bytes == payload)
        #expect(valid.maxTimestamp == 1_700_000_000_005)
        #expect(valid.maxTimestampOffsetDelta == 1)
        #expect(!valid.isRepacked)
        #expect((valid.unpackedBytes > 0) == (valid.batch.compression != .none))
    }

    @Test(arguments: Goldens.all)
    func `stamps in place and copies nothing`(payload: SharedBytes) throws {
        let frame = payload.detached()
        var rules = BatchRules()
        rules.timestampType = .logAppendTime
        var valid = try BatchValidator.validate(frame, rules: rules, now: Self.now)
        valid.batch.stamp(baseOffset: 9)
        valid.batch.stamp(partitionLeaderEpoch: 2)
        let seen = try RecordBatchView(frame)
        #expect(seen.header == valid.batch.header)
        #expect(seen.isCRCValid() && seen.timestampType == .logAppendTime)
        #expect(seen.maxTimestamp == Self.now && valid.maxTimestamp == Self.now)
        #expect(try records(seen).map(\.timestamp) == [Self.now, Self.now, Self.now])
    }

    @Test func `puts a wrong largest timestamp right`() throws {
        let forgery = forged(Goldens.plain) { $0[42] ^= 0x7f }
        let valid = try validate(forgery)
        #expect(valid.batch.bytes == Goldens.plain)
    }

    @Test func `wants exactly one batch`() {
        #expect(rejection(.empty) == .noBatch)
        let two = SharedBytes(Goldens.plain.array + Goldens.gzip.array)
        #expect(rejection(two) == .moreThanOneBatch)
        #expect(rejection(SharedBytes(Goldens.plain.array + [0])) == .moreThanOneBatch)
        #expect(rejection(two)?.errorCode == .invalidRecord)
    }

    @Test func `wants format 2`() {
        for magic in [0, 1, 3] as [UInt8] {
            let old = forged(Goldens.plain) { $0[16] = magic }
            #expect(rejection(old) == .malformed(.unsupportedMagic(Int8(magic))))
            #expect(rejection(old)?.errorCode == .invalidRecord)
        }
    }

    @Test func `tells damage from forgery`() {
        for index in 17..<Goldens.lz4.count {
            var bytes = Goldens.lz4.array
            bytes[index] ^= 0x04
            let found = rejection(SharedBytes(bytes))
            #expect(
                found?.errorCode == .corruptMessage, "byte \(index): \(String(describing: found))")
        }
        let codec = forged(Goldens.plain) { $0[22] = 7 }
        #expect(rejection(codec)?.errorCode == .unsupportedCompressionType)
        let count = forged(Goldens.plain) { $0[57] = 0xff }
        #expect(rejection(count)?.errorCode == .invalidRecord)
    }

    @Test func `leaves offsets to the leader`() {
        let placed = forged(Goldens.plain) { $0[7] = 5 }
        #expect(rejection(placed) == .baseOffsetNotZero(5))
        let gap = forged(Goldens.plain) { $0[26] = 3 }
        #expect(rejection(gap) == .inconsistentCount(records: 3, lastOffsetDelta: 3))
        let none = forged(Goldens.plain) { $0[60] = 0 }
        #expect(rejection(none) == .inconsistentCount(records: 0, lastOffsetDelta: 2))
    }

    @Test func `refuses what only brokers write`() {
        let control = forged(Goldens.plain) { $0[22] |= 0x20 }
        #expect(rejection(control) == .controlBatch)
        let horizon = forged(Goldens.plain) { $0[22] |= 0x40 }
        #expect(rejection(horizon) == .unknownAttributes(0x40))
        let future = forged(Goldens.plain) { $0[21] = 0x01 }
        #expect(rejection(future) == .unknownAttributes(0x100))
    }

    @Test func `wants producer ids with epoch and sequence`() {
        #expect(rejection(Goldens.transactional) == nil)
        let sequence = forged(Goldens.transactional) { $0[53] = 0xff }
        #expect(rejection(sequence)?.errorCode == .invalidRecord)
        let epoch = forged(Goldens.transactional) { $0[51] = 0xff }
        #expect(
            rejection(epoch) == .incompleteProducer(epoch: -253, sequence: 2_147_483_646))
    }

    @Test mutating func `knows which requests may hold zstd`() {
        rules.isZstdAllowed = false
        #expect(rejection(Goldens.zstd) == .zstdNotAllowed)
        #expect(rejection(Goldens.zstd)?.errorCode == .unsupportedCompressionType)
        #expect(rejection(Goldens.lz4) == nil)
    }

    @Test mutating func `holds batches to the topic's size`() {
        rules.sizeMax = Goldens.plain.count
        #expect(rejection(Goldens.plain) == nil)
        rules.sizeMax -= 1
        #expect(
            rejection(Goldens.plain) == .tooLarge(size: Goldens.plain.count, max: rules.sizeMax))
        #expect(rejection(Goldens.plain)?.errorCode == .messageTooLarge)
        #expect(rejection(Goldens.zstd) == nil)
        rules.packing = .repacked(.none, level: nil)
        #expect(
            rejection(Goldens.zstd) == .tooLarge(size: Goldens.plain.count, max: rules.sizeMax),
            "what is kept counts too")
    }

    @Test mutating func `does not unpack a bomb`() throws {
        var options = RecordBatchBuilder.Options()
        options.compression = .zstd
        var builder = RecordBatchBuilder(options)
        builder.append(
            timestamp: Self.now, key: nil,
            value: SharedBytes([UInt8](repeating: 0, count: 5_000_000)))
        let bomb = try builder.finish()
        #expect(bomb.count < 10_000)
        rules.unpackedMax = 1_000_000
        #expect(rejection(bomb)?.errorCode == .messageTooLarge)
        rules.unpackedMax = 6_000_000
        #expect(rejection(bomb) == nil)
    }

    @Test(arguments: Goldens.all)
    mutating func `names the records without a key on a compacted topic`(payload: SharedBytes) {
        rules.isCompacted = true
        let found = rejection(payload)
        #expect(found == .invalidRecords([RecordRejection(index: 1, reason: .missingKey)]))
        #expect(found?.errorCode == .invalidRecord)
        #expect(found?.recordRejections.count == 1)
    }

    @Test(arguments: Goldens.all)
    mutating func `names the records that are too early or too late`(payload: SharedBytes) {
        rules.timestampBeforeMax = .milliseconds(96)
        let low: Timestamp = 1_700_000_000_004
        let late = Timestamp(Self.now.rawValue + 3_600_000)
        let early = rejection(payload)
        #expect(
            early?.recordRejections == [
                RecordRejection(
                    index: 0,
                    reason: .timestampOutOfRange(1_700_000_000_000, allowed: low...late)),
                RecordRejection(
                    index: 2,
                    reason: .timestampOutOfRange(1_700_000_000_003, allowed: low...late)),
            ])
        #expect(early?.errorCode == .invalidTimestamp)
        rules.timestampBeforeMax = .milliseconds(100)
        #expect(rejection(payload) == nil)
        rules.timestampAfterMax = .milliseconds(-200)
        #expect(rejection(payload) == nil, "a negative range counts as none")
        rules.timestampType = .logAppendTime
        rules.timestampBeforeMax = .zero
        #expect(rejection(payload) == nil, "the leader's own time is never off")
    }

    @Test mutating func `refuses the leader's clock from a producer`() {
        let claimed = forged(Goldens.plain) { $0[22] |= 0x08 }
        #expect(rejection(claimed) == nil, "taken for a create time, as in Kafka")
        rules.timestampType = .logAppendTime
        #expect(rejection(claimed)?.errorCode == .invalidTimestamp)
        #expect(rejection(claimed)?.recordRejections.map(\.index) == [0, 1, 2])
    }

    @Test mutating func `lists no more faults than its limit`() throws {
        var builder = RecordBatchBuilder()
        for _ in 0..<500 { builder.append(timestamp: Self.now, key: nil, value: nil) }
        rules.isCompacted = true
        let found = rejection(try builder.finish())
        #expect(found?.recordRejections.count == BatchValidator.rejectionsMax)
    }

    @Test(arguments: Goldens.all, CompressionCodec.allCases)
    mutating func `repacks for the topic`(payload: SharedBytes, codec: CompressionCodec) throws {
        rules.packing = .repacked(codec, level: nil)
        let before = try RecordBatchView(payload)
        let valid = try validate(payload)
        #expect(valid.isRepacked == (codec != before.compression))
        let after = valid.batch
        #expect(after.compression == codec && after.isCRCValid())
        #expect(after.recordCount == 3 && after.lastOffsetDelta == 2)
        #expect(try records(after) == records(before))
        if !valid.isRepacked { #expect(after.bytes == payload) }
    }

    @Test mutating func `keeps the producer's fields when it repacks`() throws {
        rules.packing = .repacked(.zstd, level: 5)
        rules.timestampType = .logAppendTime
        let before = try RecordBatchView(Goldens.transactional).header
        let after = try validate(Goldens.transactional).batch
        #expect(after.producerID == before.producerID && after.isTransactional)
        #expect(after.producerEpoch == before.producerEpoch)
        #expect(after.baseSequence == before.baseSequence)
        #expect(after.timestampType == .logAppendTime && after.maxTimestamp == Self.now)
        #expect(after.isCRCValid())
    }

    @Test(arguments: Goldens.all)
    func `looks at the records of packed batches too`(payload: SharedBytes) throws {
        let header = try RecordBatchView(payload).header
        let records = try RecordBatchView(payload).unpacked().array
        func rejection(_ change: (inout [UInt8]) -> Void) throws -> BatchRejection? {
            var array = records
            change(&array)
            let packed = try header.compression.compress(SharedBytes(array))
            return self.rejection(header.batch(with: packed))
        }
        #expect(try rejection { _ in } == nil)
        #expect(try rejection { $0[2] = 1 }?.errorCode == .invalidRecord, "an attribute is set")
        #expect(try rejection { $0.append(0) } == .malformed(.trailingBytes(1)))
        #expect(try rejection { $0[4] = 2 }?.errorCode == .invalidRecord, "the first offset is 1")
        #expect(try rejection { $0.removeLast() }?.errorCode == .invalidRecord)
        #expect(try rejection { $0[5] = 0x7f }?.errorCode == .invalidRecord, "a key of -64 bytes")
    }

    @Test mutating func `never traps and keeps only what can be read`() {
        var random = PRNG(seed: 467)
        let payloads = Goldens.all + [Goldens.transactional]
        for round in 0..<10_000 {
            let bytes = forged(payloads[random.below(payloads.count)]) { array in
                for _ in 0..<random.below(5) {
                    array[random.below(array.count)] = UInt8(random.below(256))
                }
            }
            rules.packing =
                round % 2 == 0
                ? .asProduced : .repacked(CompressionCodec.allCases[random.below(5)], level: nil)
            rules.timestampAfterMax = .milliseconds(Int64.max)
            rules.isCompacted = random.below(4) == 0
            do throws(BatchRejection) {
                let valid = try validate(bytes)
                #expect(valid.batch.isCRCValid())
                let kept = try? records(valid.batch)
                #expect(
                    kept?.map(\.offset) == (0..<valid.batch.recordCount).map { Offset(Int64($0)) })
                #expect(
                    kept?.map(\.timestamp).max() == valid.maxTimestamp
                        || valid.maxTimestamp == .none)
            } catch {
                #expect(error.errorCode != .none)
                #expect(!error.message.isEmpty)
            }
        }
    }
}
