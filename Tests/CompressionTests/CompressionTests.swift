import Bytes
import Model
import Testing

@testable import Compression

@Suite("A codec")
struct CompressionTests {
    static let packing: [CompressionCodec] = [.gzip, .snappy, .lz4, .zstd]

    static func text(_ count: Int) -> SharedBytes {
        let words = Array("a martlet is the heraldic swift that never lands ".utf8)
        return SharedBytes((0..<count).map { words[$0 % words.count] })
    }

    static func noise(_ count: Int, seed: UInt64) -> SharedBytes {
        var random = PRNG(seed: seed)
        return SharedBytes((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    @Test(arguments: CompressionCodec.allCases)
    func `unpacks what it packed`(codec: CompressionCodec) throws {
        for count in [0, 1, 100, 32_767, 32_768, 32_769, 65_536, 70_000, 200_000] {
            for input in [Self.text(count), Self.noise(count, seed: UInt64(count))] {
                let packed = try codec.compress(input)
                #expect(try codec.decompress(packed, limit: count) == input)
                #expect(try codec.decompress(packed, limit: .max) == input)
            }
        }
    }

    @Test(arguments: packing)
    func `makes text smaller`(codec: CompressionCodec) throws {
        #expect(try codec.compress(Self.text(100_000)).count < 10_000)
    }

    @Test(arguments: packing)
    func `honours its levels and refuses others`(codec: CompressionCodec) throws {
        let input = Self.text(5_000)
        guard let levels = codec.levels, let standard = codec.defaultLevel else {
            #expect(codec == .snappy)
            #expect(try codec.decompress(codec.compress(input, level: 99), limit: 5_000) == input)
            return
        }
        for level in [levels.lowerBound, levels.upperBound, standard] {
            let packed = try codec.compress(input, level: level)
            #expect(try codec.decompress(packed, limit: 5_000) == input)
        }
        for level in [levels.lowerBound - 3, levels.upperBound + 1] {
            #expect(throws: CompressionError.invalidLevel(codec, level: level)) {
                try codec.compress(input, level: level)
            }
        }
    }

    @Test(arguments: CompressionCodec.allCases)
    func `refuses more than the limit`(codec: CompressionCodec) throws {
        let bomb = try codec.compress(SharedBytes([UInt8](repeating: 0, count: 5_000_000)))
        for limit in [0, 1, 1_000_000, 4_999_999] {
            #expect(throws: CompressionError.limitExceeded(codec, limit: limit)) {
                try codec.decompress(bomb, limit: limit)
            }
        }
        #expect(try codec.decompress(bomb, limit: 5_000_000).count == 5_000_000)
    }

    @Test(arguments: packing)
    func `says so when the input is cut off`(codec: CompressionCodec) throws {
        let packed = try codec.compress(Self.text(100_000))
        for cut in [1, 2, 8, packed.count / 2, packed.count - 1] {
            let part = packed[0..<packed.count - cut]
            #expect(throws: CompressionError.self) { try codec.decompress(part, limit: 200_000) }
        }
        if codec != .snappy {
            #expect(throws: CompressionError.truncated(codec)) {
                try codec.decompress(packed[0..<packed.count - 1], limit: 200_000)
            }
            #expect(throws: CompressionError.truncated(codec)) {
                try codec.decompress(.empty, limit: 10)
            }
        }
    }

    @Test(arguments: packing)
    func `survives any bytes`(codec: CompressionCodec) throws {
        var random = PRNG(seed: UInt64(codec.rawValue))
        let limit = 1 << 20
        let seeds = try [Self.text(300), Self.noise(300, seed: 9), Self.text(70_000)].map {
            try codec.compress($0)
        }
        for round in 0..<3_000 {
            var bytes =
                round % 5 == 0
                ? Self.noise(random.below(64), seed: UInt64(round)).array
                : seeds[random.below(seeds.count)].array
            for _ in 0..<random.below(6) where !bytes.isEmpty {
                bytes[random.below(bytes.count)] = UInt8(random.below(256))
            }
            if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count + 1)) }
            if random.below(8) == 0 { bytes += Self.noise(random.below(20), seed: 3).array }
            do throws(CompressionError) {
                let unpacked = try codec.decompress(SharedBytes(bytes), limit: limit)
                #expect(unpacked.count <= limit)
            } catch .libraryFailed(let codec, let code) {
                Issue.record("\(codec) failed with \(code) on damaged input")
            } catch {}
        }
    }

    @Test func `reads snappy with and without framing`() throws {
        let text = SharedBytes(utf8: String(repeating: "martlet ", count: 12))
        #expect(try CompressionCodec.snappy.decompress(Self.bareSnappy, limit: 96) == text)
        #expect(try CompressionCodec.snappy.decompress(Self.xerialSnappy, limit: 96) == text)
        let ours = try CompressionCodec.snappy.compress(text)
        #expect(ours[0..<16] == Self.xerialSnappy[0..<16])
    }

    @Test func `a snappy block that claims too much is refused before memory is taken`() {
        // A length of 4294967295 and one byte of data.
        #expect(throws: CompressionError.corrupt(.snappy)) {
            try CompressionCodec.snappy.decompress(
                [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00], limit: .max - 1)
        }
    }

    @Test(arguments: [CompressionCodec.gzip, .lz4, .zstd])
    func `reads streams that follow each other`(codec: CompressionCodec) throws {
        let one = try codec.compress(Self.text(1_000))
        let two = try codec.compress(Self.text(49))
        let both = SharedBytes(one.array + two.array)
        #expect(try codec.decompress(both, limit: 1_049).count == 1_049)
        #expect(throws: CompressionError.limitExceeded(codec, limit: 1_048)) {
            try codec.decompress(both, limit: 1_048)
        }
    }

    @Test func `an LZ4 frame has 64 KiB independent blocks and no content size`() throws {
        let frame = try CompressionCodec.lz4.compress(Self.text(200_000))
        // Magic, then flags (version 1, independent, nothing else), then the block size id 4.
        #expect(frame[0..<6] == [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40])
    }

    @Test func `is found by the name that compression.type uses`() {
        for codec in CompressionCodec.allCases {
            #expect(CompressionCodec(name: codec.name) == codec)
        }
        #expect(CompressionCodec(name: "producer") == nil)
    }

    /// Twelve times "martlet " as librdkafka would send it, by python-snappy.
    static let bareSnappy: SharedBytes = [
        0x60, 0x1c, 0x6d, 0x61, 0x72, 0x74, 0x6c, 0x65, 0x74, 0x20, 0xfe, 0x08, 0x00, 0x5e, 0x08,
        0x00,
    ]

    /// The same by kafka-python.
    static let xerialSnappy: SharedBytes = [
        0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
        0x01, 0x00, 0x00, 0x00, 0x10, 0x60, 0x1c, 0x6d, 0x61, 0x72, 0x74, 0x6c, 0x65, 0x74, 0x20,
        0xfe, 0x08, 0x00, 0x5e, 0x08, 0x00,
    ]
}
