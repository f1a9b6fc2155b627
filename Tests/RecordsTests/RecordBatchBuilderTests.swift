import Bytes
import Compression
import Model
import TestSupport
import Testing

@testable import Records

@Suite("A batch builder")
struct RecordBatchBuilderTests {
    static func goldenRecords(_ options: RecordBatchBuilder.Options) throws -> SharedBytes {
        var builder = RecordBatchBuilder(options, capacity: 16)
        for record in try records(RecordBatchView(Goldens.plain)) { builder.append(record) }
        #expect(builder.recordCount == 3)
        return try builder.finish()
    }

    @Test func `writes the bytes that a real client writes`() throws {
        var options = RecordBatchBuilder.Options()
        #expect(try Self.goldenRecords(options).array == stamped(Goldens.plain))
        options.isTransactional = true
        options.producerID = 4711
        options.producerEpoch = 3
        options.baseSequence = 2_147_483_646
        #expect(try Self.goldenRecords(options).array == stamped(Goldens.transactional))
    }

    /// kafka-python leaves 0 where others leave -1 as the leader epoch.
    func stamped(_ golden: SharedBytes) throws -> [UInt8] {
        var batch = try RecordBatchView(golden.detached())
        batch.stamp(partitionLeaderEpoch: .none)
        return batch.bytes.array
    }

    @Test(arguments: CompressionCodec.allCases)
    func `writes what a reader reads`(codec: CompressionCodec) throws {
        var options = RecordBatchBuilder.Options()
        options.compression = codec
        options.baseOffset = 1_099_511_627_776
        var random = PRNG(seed: 7)
        func bytes(_ bound: Int) -> SharedBytes? {
            if random.below(4) == 0 { return nil }
            let count = random.below(bound)
            return SharedBytes((0..<count).map { _ in UInt8(random.below(4)) })
        }
        var builder = RecordBatchBuilder(options)
        var written: [Record] = []
        for _ in 0..<500 {
            let headers = (0..<random.below(3)).map {
                RecordHeader("header \($0)", value: bytes(300))
            }
            let time = Timestamp(Int64.random(in: -1...(1 << 50), using: &random))
            let (key, value) = (bytes(20), bytes(2_000))
            let before = builder.sizeInBytes
            let offset = builder.append(timestamp: time, key: key, value: value, headers: headers)
            let size = builder.sizeInBytes - before
            #expect(
                size <= RecordBatchBuilder.sizeMax(key: key, value: value, headers: headers))
            written.append(
                Record(
                    offset: offset, timestamp: time, key: key, value: value,
                    headerCount: headers.count, headerBytes: RecordHeader.encoded(headers),
                    sizeInBytes: size))
        }
        let batch = try RecordBatchView(builder.finish())
        #expect(batch.isCRCValid() && batch.compression == codec)
        #expect(batch.baseOffset == options.baseOffset && batch.recordCount == 500)
        #expect(batch.maxTimestamp == written.map(\.timestamp).max())
        #expect(batch.lastOffset == options.baseOffset + 499)
        #expect(try records(batch) == written)
    }

    @Test func `keeps the range of a compacted batch`() throws {
        var options = RecordBatchBuilder.Options()
        options.baseOffset = 100
        options.compression = .lz4
        options.deleteHorizon = 5_000
        var builder = RecordBatchBuilder(options)
        builder.append(Record(offset: 103, timestamp: 4_000, key: [1], value: nil))
        let batch = try RecordBatchView(builder.finish(lastOffset: 109))
        #expect(batch.baseOffset == 100 && batch.nextOffset == 110 && batch.recordCount == 1)
        #expect(batch.deleteHorizon == 5_000)
        #expect(try records(batch).map(\.timestamp) == [4_000])
        #expect(try records(batch).map(\.offset) == [103])

        let empty = try RecordBatchView(RecordBatchBuilder(options).finish(lastOffset: 109))
        #expect(empty.recordCount == 0 && empty.nextOffset == 110 && empty.isCRCValid())
        #expect(try records(empty) == [])
    }

    @Test func `ends a transaction as Kafka does`() throws {
        let marker = EndTransactionMarker(isCommit: true, coordinatorEpoch: 9)
        let batch = try RecordBatchView(
            RecordBatchBuilder.endTransaction(
                marker, producerID: 4711, producerEpoch: 3, timestamp: 1_000))
        #expect(batch.isControl && batch.isTransactional && batch.isCRCValid())
        #expect(batch.producerID == 4711 && batch.producerEpoch == 3 && batch.baseSequence == -1)
        #expect(try batch.endTransactionMarker() == marker)
        let record = try #require(try records(batch).first)
        #expect(record.key == [0, 0, 0, 1])
        #expect(record.value == [0, 0, 0, 0, 0, 9])
        #expect(try RecordBatchView(Goldens.transactional).endTransactionMarker() == nil)
    }

    @Test func `carries the control records of the quorum`() throws {
        var options = RecordBatchBuilder.Options()
        options.isControl = true
        options.partitionLeaderEpoch = 4
        var builder = RecordBatchBuilder(options)
        builder.append(control: .leaderChange, value: [0, 0, 7], timestamp: 1)
        builder.append(control: .kraftVersion, value: [0, 0, 1], timestamp: 1)
        let batch = try RecordBatchView(builder.finish())
        #expect(try batch.controlRecords().map(\.type) == [.leaderChange, .kraftVersion])
        #expect(try batch.controlRecords().map(\.value) == [[0, 0, 7], [0, 0, 1]])
        #expect(try batch.endTransactionMarker() == nil)
    }

    @Test func `a control record without a key is an error`() throws {
        var options = RecordBatchBuilder.Options()
        options.isControl = true
        options.isTransactional = true
        var builder = RecordBatchBuilder(options)
        builder.append(timestamp: 1, key: [0, 0], value: [])
        let batch = try RecordBatchView(builder.finish())
        #expect(throws: RecordBatchError.malformedControlRecord(index: 0)) {
            try batch.endTransactionMarker()
        }
        let short = try RecordBatchView(
            RecordBatchBuilder.control(.commit, value: [0, 0, 0], timestamp: 1, options: options))
        #expect(throws: RecordBatchError.malformedControlRecord(index: 0)) {
            try short.endTransactionMarker()
        }
    }
}
