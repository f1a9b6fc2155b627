import Bytes
import Compression
import Model
import TestSupport
import Testing

@testable import Records

@Suite("A view of a record batch")
struct RecordBatchViewTests {
    @Test func `reads the header of a real client's batch`() throws {
        let batch = try RecordBatchView(Goldens.transactional)
        #expect(batch.baseOffset == Offset(0))
        #expect(batch.lastOffset == Offset(2))
        #expect(batch.nextOffset == Offset(3))
        #expect(batch.sizeInBytes == Goldens.transactional.count)
        #expect(batch.isTransactional)
        #expect(!batch.isControl && !batch.hasDeleteHorizon)
        #expect(batch.timestampType == .createTime)
        #expect(batch.baseTimestamp == Timestamp(1_700_000_000_000))
        #expect(batch.maxTimestamp == Timestamp(1_700_000_000_005))
        #expect(batch.producerID == ProducerID(4711) && batch.hasProducerID)
        #expect(batch.producerEpoch == 3)
        #expect(batch.baseSequence == 2_147_483_646)
        #expect(batch.lastSequence == 0, "sequences wrap from 2147483647 to 0")
        #expect(batch.recordCount == 3)
    }

    @Test(arguments: zip(Goldens.all, CompressionCodec.allCases))
    func `knows codec and checksum`(bytes: SharedBytes, codec: CompressionCodec) throws {
        let batch = try RecordBatchView(bytes)
        #expect(batch.compression == codec)
        #expect(batch.isCRCValid())
        #expect(batch.lastSequence == -1)
        var damaged = bytes.array
        damaged[damaged.count - 1] ^= 1
        let view = try RecordBatchView(SharedBytes(damaged))
        #expect(!view.isCRCValid())
        #expect(throws: RecordBatchError.self) { try view.checkCRC() }
    }

    @Test func `stamps offset and epoch without touching the checksum`() throws {
        let copy = Goldens.plain.detached()
        var batch = try RecordBatchView(copy)
        batch.stamp(baseOffset: Offset(1000))
        batch.stamp(partitionLeaderEpoch: LeaderEpoch(7))
        let again = try RecordBatchView(copy)
        #expect(again.header == batch.header)
        #expect(again.baseOffset == Offset(1000) && again.nextOffset == Offset(1003))
        #expect(again.partitionLeaderEpoch == LeaderEpoch(7))
        #expect(again.isCRCValid())
    }

    @Test func `stamps the append time with its checksum`() throws {
        let copy = Goldens.gzip.detached()
        var batch = try RecordBatchView(copy)
        let before = batch.crc
        batch.stamp(timestampType: .logAppendTime, maxTimestamp: Timestamp(42))
        let again = try RecordBatchView(copy)
        #expect(again.header == batch.header)
        #expect(again.timestampType == .logAppendTime && again.maxTimestamp == Timestamp(42))
        #expect(again.crc != before && again.isCRCValid())
        #expect(again.compression == .gzip)
    }

    @Test func `refuses what is not a batch`() throws {
        func error(_ change: (inout [UInt8]) -> Void) -> RecordBatchError? {
            var bytes = Goldens.plain.array
            change(&bytes)
            do { _ = try RecordBatchView(SharedBytes(bytes)) } catch { return error }
            return nil
        }
        #expect(error { _ in } == nil)
        #expect(
            error {
                $0[11] = 48; $0[10] = 0
            } == .tooSmall(size: 60))
        #expect(error { $0[8] = 0xff } != nil)
        #expect(error { $0[16] = 1 } == .unsupportedMagic(1))
        #expect(error { $0[22] = 5 } == .unknownCodec(5))
        #expect(error { $0[57] = 0x80 } == .invalidRecordCount(.min + 3))
        #expect(error { $0[0] = 0x80 } == .invalidOffsets(base: .min, lastDelta: 2))
        #expect(error { $0[23] = 0x80 } == .invalidOffsets(base: 0, lastDelta: .min + 2))
        #expect(
            error { for i in 0..<8 { $0[i] = i == 0 ? 0x7f : 0xff } }
                == .invalidOffsets(base: .max, lastDelta: 2))
        let size = Goldens.plain.count
        #expect(
            error { $0.removeLast() } == .truncated(needed: size, available: size - 1))
    }

    @Test func `any header bytes are read or refused`() {
        var random = PRNG(seed: 61)
        for _ in 0..<20_000 {
            var bytes = Goldens.plain.array
            for _ in 0..<(1 + random.below(4)) {
                bytes[random.below(RecordBatchHeader.size)] = UInt8(random.below(256))
            }
            bytes.removeLast(random.below(3) == 0 ? random.below(bytes.count + 1) : 0)
            guard let batch = try? RecordBatchView(SharedBytes(bytes)) else { continue }
            #expect(batch.sizeInBytes <= bytes.count)
            #expect(batch.nextOffset > batch.lastOffset)
            #expect(batch.lastSequence >= -1)
            _ = (batch.compression, batch.isCRCValid(), batch.deleteHorizon)
        }
    }
}

@Suite("A sequence of batches")
struct RecordBatchSequenceTests {
    @Test func `hands out whole batches and reports a cut-off tail`() throws {
        let whole = Goldens.plain.array + Goldens.gzip.array
        for cut in 0...Goldens.lz4.count {
            var sequence = RecordBatchSequence(SharedBytes(whole + Goldens.lz4.array.prefix(cut)))
            #expect(try sequence.next()?.compression == CompressionCodec.none)
            #expect(try sequence.next()?.compression == .gzip)
            let third = try sequence.next()
            #expect((third != nil) == (cut == Goldens.lz4.count))
            let end = try sequence.next()
            #expect(end == nil)
            #expect(sequence.cutOffTail == (third == nil ? cut : 0))
            #expect(sequence.position == whole.count + (third?.sizeInBytes ?? 0))
        }
    }

    @Test func `stops with an error at bytes that are no batch`() throws {
        var sequence = RecordBatchSequence(
            SharedBytes(Goldens.plain.array + [UInt8](repeating: 0, count: 40)))
        #expect(try sequence.next() != nil)
        #expect(throws: RecordBatchError.tooSmall(size: 12)) { try sequence.next() }
    }
}
