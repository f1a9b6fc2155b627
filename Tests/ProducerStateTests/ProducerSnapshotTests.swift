import Bytes
import Model
import Records
import TestSupport
import Testing

@testable import ProducerState

@Suite("A producer snapshot")
struct ProducerSnapshotTests {
    /// Put together field by field after Kafka's schema: a producer with a batch, one known by a
    /// marker only, and one with an open transaction.
    static let golden = bytes(
        """
        0001e726244f0000000300000000000012670003000000090000000000000078000000040000018b
        cfe56805ffffffffffffffffffffffff00000000000023280000ffffffffffffffffffffffff0000
        00000000018bcfe56be800000007ffffffffffffffff000000000000232900017fffffff00000000
        0000008c000000010000018bcfe56fd000000007000000000000008b
        """)

    static func bytes(_ hex: String) -> SharedBytes {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return SharedBytes(
            stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        )
    }

    func load(
        _ bytes: SharedBytes, at offset: Offset = 141, now: Timestamp = 1_700_000_000_006
    ) throws(ProducerSnapshotError) -> ProducerTable {
        try ProducerTable(snapshot: bytes, at: offset, expiration: .seconds(60), now: now)
    }

    @Test func `is read and written as Kafka does`() throws {
        let table = try load(Self.golden)
        #expect(table.mapEndOffset == 141 && table.count == 3)
        let first = try #require(table.entry(4711))
        #expect(first.epoch == 3 && first.coordinatorEpoch == -1)
        #expect(
            first.batches == [
                ProducerBatch(
                    lastSequence: 9, lastOffset: 120, offsetDelta: 4, timestamp: 1_700_000_000_005)
            ])
        #expect(table.entry(9000)?.batches == [])
        #expect(table.entry(9000)?.coordinatorEpoch == 7)
        #expect(table.open == [OpenTransaction(producerID: 9001, firstOffset: 139)])
        #expect(table.firstUnstableOffset == 139)
        #expect(table.snapshot() == Self.golden)
    }

    @Test func `still knows the last batch of a producer`() throws {
        let table = try load(Self.golden)
        let repeated = dataBatch(4711, epoch: 3, sequence: 5, count: 5)
        guard case .duplicate(let old) = try table.check(repeated, origin: .client) else {
            Issue.record("a repeated batch is known after a restart")
            return
        }
        #expect(old.firstOffset == 116)
        let wrapped = dataBatch(9001, epoch: 1, sequence: 0, isTransactional: true)
        #expect(try table.check(wrapped, origin: .client) == .append)
    }

    @Test func `leaves out who has expired`() throws {
        let table = try load(Self.golden, now: 1_700_000_060_500)
        #expect(table.sortedEntries.map(\.producerID) == [9000, 9001])
        let later = try load(Self.golden, now: 1_800_000_000_000)
        #expect(later.sortedEntries.map(\.producerID) == [9001], "its transaction is open")
    }

    @Test func `that is damaged is refused whole`() {
        let golden = Self.golden.array
        for index in golden.indices {
            var bytes = golden
            bytes[index] ^= 0x10
            #expect(throws: ProducerSnapshotError.self) { try load(SharedBytes(bytes)) }
        }
        for cut in 1...golden.count {
            #expect(throws: ProducerSnapshotError.self) {
                try load(SharedBytes(golden.dropLast(cut)))
            }
        }
        #expect(throws: ProducerSnapshotError.invalidEntry(index: 2)) {
            try load(Self.golden, at: 140)
        }
    }

    @Test func `never traps, even with a right checksum`() {
        var random = PRNG(seed: 98)
        for _ in 0..<5_000 {
            var bytes = Self.golden.array
            for _ in 0..<(1 + random.below(6)) {
                bytes[6 + random.below(bytes.count - 6)] = UInt8(random.below(256))
            }
            let forged = SharedBytes(bytes)
            forged.overwrite(forged.crc32c(6..<forged.count), at: 2)
            guard var table = try? load(forged, at: Offset(Int64(random.below(300)))) else {
                continue
            }
            table.removeExpired(now: 1_900_000_000_000)
            for entry in table.sortedEntries { _ = entry.batches.last?.firstOffset }
            table.highWatermarkAdvanced(to: 200)
            _ = table.snapshot()
        }
    }

    @Test func `of an empty table is ten bytes`() throws {
        let bytes = ProducerTable(expiration: .seconds(1), at: 5).snapshot()
        #expect(bytes.count == 10)
        #expect(try load(bytes, at: 5).count == 0)
    }
}
