import Bytes
import Compression
import Model
import TestSupport
import Testing

@testable import Records

/// All records of a batch, or the error that stopped the reading.
func records(_ batch: RecordBatchView, limit: Int = 1 << 20) throws(RecordBatchError) -> [Record] {
    var cursor = try batch.records(limit: limit)
    var found: [Record] = []
    while let record = try cursor.next() { found.append(record) }
    return found
}

/// The bytes of a batch with `change` done to them and the checksum put right again.
func forged(_ batch: SharedBytes, _ change: (inout [UInt8]) -> Void) -> SharedBytes {
    var array = batch.array
    change(&array)
    let bytes = SharedBytes(array)
    bytes.overwrite(bytes.crc32c(21..<bytes.count), at: 17)
    return bytes
}

@Suite("The records of a batch")
struct RecordCursorTests {
    @Test(arguments: Goldens.all + Goldens.librdkafka)
    func `are what a real client wrote, under every codec`(bytes: SharedBytes) throws {
        let found = try records(RecordBatchView(bytes))
        let first = SharedBytes(utf8: String(repeating: "first value ", count: 8))
        let second = SharedBytes(utf8: String(repeating: "second ", count: 12))
        #expect(found.map(\.offset) == [0, 1, 2])
        #expect(
            found.map(\.timestamp) == [1_700_000_000_000, 1_700_000_000_005, 1_700_000_000_003])
        #expect(found.map(\.key) == [SharedBytes(utf8: "k1"), nil, SharedBytes(utf8: "k3")])
        #expect(found.map(\.value) == [first, second, nil])
        #expect(
            found[0].headers == [
                RecordHeader("h", value: SharedBytes(utf8: "v")), RecordHeader("none", value: nil),
            ])
        #expect(found[1].headers == [])
    }

    @Test func `take the offset and the clock of their batch`() throws {
        var batch = try RecordBatchView(Goldens.zstd.detached())
        batch.stamp(baseOffset: 500)
        batch.stamp(timestampType: .logAppendTime, maxTimestamp: 77)
        let found = try records(batch)
        #expect(found.map(\.offset) == [500, 501, 502])
        #expect(found.map(\.timestamp) == [77, 77, 77])
    }

    @Test func `that do not fit the limit are refused`() throws {
        for bytes in Goldens.all {
            let batch = try RecordBatchView(bytes)
            let size = try batch.unpacked().count
            #expect(try records(batch, limit: size).count == 3)
            #expect(
                throws: RecordBatchError.compression(
                    .limitExceeded(batch.compression, limit: size - 1))
            ) { try records(batch, limit: size - 1) }
        }
    }

    @Test func `must fill their batch exactly`() throws {
        let fewer = forged(Goldens.plain) { $0[60] = 2 }
        #expect(throws: RecordBatchError.self) { try records(RecordBatchView(fewer)) }
        let more = forged(Goldens.plain) { $0[60] = 4 }
        #expect(throws: RecordBatchError.malformedRecord(index: 3, .truncated)) {
            try records(RecordBatchView(more))
        }
        let short = forged(Goldens.plain) { $0[26] = 1 }
        #expect(throws: RecordBatchError.malformedRecord(index: 2, .offsetOutOfOrder)) {
            try records(RecordBatchView(short))
        }
        let length = forged(Goldens.plain) { $0[61] -= 2 }
        #expect(throws: RecordBatchError.malformedRecord(index: 0, .lengthMismatch)) {
            try records(RecordBatchView(length))
        }
    }

    @Test func `end for good after an error`() throws {
        let bad = forged(Goldens.plain) { $0[61] = 1 }
        var cursor = try RecordBatchView(bad).records()
        #expect(throws: RecordBatchError.malformedRecord(index: 0, .invalidLength)) {
            try cursor.next()
        }
        #expect(try cursor.next() == nil)
    }

    @Test func `whose time does not exist are refused`() throws {
        let late = forged(Goldens.plain) { for i in 27..<35 { $0[i] = i == 27 ? 0x7f : 0xff } }
        #expect(throws: RecordBatchError.malformedRecord(index: 1, .timestampOverflow)) {
            try records(RecordBatchView(late))
        }
    }

    @Test func `never trap, whatever the bytes`() {
        var random = PRNG(seed: 2)
        for round in 0..<10_000 {
            let golden = Goldens.all[random.below(5)]
            let bytes = forged(golden) { array in
                let from = round % 2 == 0 ? 61 : 0
                for _ in 0..<(1 + random.below(5)) {
                    array[from + random.below(array.count - from)] = UInt8(random.below(256))
                }
            }
            guard let batch = try? RecordBatchView(bytes) else { continue }
            do throws(RecordBatchError) {
                let found = try records(batch)
                #expect(found.count == Int(batch.recordCount))
                #expect(found.allSatisfy { $0.offset <= batch.lastOffset })
                if batch.isControl { _ = try batch.controlRecords() }
                _ = try batch.endTransactionMarker()
            } catch .compression(.libraryFailed(let codec, let code)) {
                Issue.record("\(codec) failed with \(code)")
            } catch {}
        }
    }
}
