import Testing

@testable import Bytes

@Suite("Bytes")
struct BytesTests {
    @Test func `what a writer wrote a reader reads`() throws {
        var writer = ByteWriter(capacity: 1)
        let longs: [Int64] = [0, 1, -1, 63, -64, 64, .max, .min, 1 << 40]
        let ints: [Int32] = [0, 1, -1, 63, -64, 64, .max, .min]
        for value in longs { writer.int64(value); writer.varlong(value) }
        for value in ints { writer.varint(value); writer.unsignedVarint(UInt32(bitPattern: value)) }
        writer.utf8("martlet")
        writer.bool(true)
        writer.float64(-0.5)

        var reader = ByteReader(writer.finish())
        for value in longs {
            #expect(try reader.int64() == value)
            #expect(try reader.varlong() == value)
        }
        for value in ints {
            #expect(try reader.varint() == value)
            #expect(try reader.unsignedVarint() == UInt32(bitPattern: value))
        }
        #expect(try reader.string(7) == "martlet")
        #expect(try reader.bool())
        #expect(try reader.float64() == -0.5)
        try reader.finish()
    }

    @Test func `a reader refuses what is not there`() {
        var reader = ByteReader([1, 2, 3])
        #expect(throws: DecodeError.truncated(needed: 4, available: 3)) { try reader.int32() }
        #expect(throws: DecodeError.invalidLength(-1)) { try reader.bytes(-1) }
        #expect(throws: DecodeError.truncated(needed: 9, available: 3)) {
            try reader.reserve(elements: 9)
        }
        var endless = ByteReader(SharedBytes([UInt8](repeating: 0xff, count: 11)))
        #expect(throws: DecodeError.invalidVarint) { try endless.unsignedVarint() }
        var text = ByteReader([0xff, 0xfe])
        #expect(throws: DecodeError.invalidUTF8) { try text.string(2) }
    }

    @Test func `sizes of varints are what writing them takes`() {
        for shift in 0..<32 {
            for delta in [-1, 0, 1] {
                let value = Int32(truncatingIfNeeded: (1 << shift) + delta)
                var writer = ByteWriter()
                writer.varint(value)
                #expect(writer.count == ByteWriter.sizeOfVarint(value))
                var long = ByteWriter()
                long.varlong(Int64(value) << 31)
                #expect(long.count == ByteWriter.sizeOfVarlong(Int64(value) << 31))
            }
        }
    }

    @Test func `CRC-32C is the standard one, by hardware and by table`() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
        var bytes: [UInt8] = []
        for n in 0..<20_000 { bytes.append(UInt8(truncatingIfNeeded: n &* 31 ^ (n >> 3))) }
        for length in [0, 1, 7, 8, 9, 255, 767, 768, 769, 4096, 12_287, 12_288, 12_289, 19_999] {
            for start in 0..<9 where start + length <= bytes.count {
                unsafe bytes.withUnsafeBytes { all in
                    let part = unsafe UnsafeRawBufferPointer(rebasing: all[start..<start + length])
                    let fast = unsafe CRC32C.checksum(part)
                    let slow = unsafe CRC32C.checksumByTable(part)
                    #expect(fast == slow)
                }
            }
        }
    }

    @Test func `a slice keeps its block alive and knows its place`() throws {
        var reader = ByteReader(SharedBytes([9, 8, 0, 0, 0, 7, 6])[1..<7])
        #expect(try reader.int8() == 8)
        let rest = try reader.bytes(5)
        #expect(rest.array == [0, 0, 0, 7, 6])
        #expect(rest.integer(at: 0, as: Int32.self) == 7)
        rest.overwrite(Int16(-1), at: 3)
        #expect(rest.suffix(from: 3).array == [0xff, 0xff])
    }
}
