import Bytes
import Testing

@testable import Client

@Suite("A key's partition")
struct Murmur2Tests {
    /// Computed with kafka-python 3.0.12.
    static let vectors: [([UInt8], UInt32, Int32)] = [
        ([], 275_646_681, 9),
        (Array("a".utf8), 2_731_586_172, 4),
        (Array("ab".utf8), 316_155_434, 2),
        (Array("abc".utf8), 479_470_107, 3),
        (Array("abcd".utf8), 2_971_317_748, 8),
        (Array("21".utf8), 3_321_034_988, 0),
        (Array("foobar".utf8), 3_504_634_814, 6),
        (Array("a-little-bit-long-string".utf8), 3_308_985_760, 8),
        ([255, 128, 127, 0, 1], 69_563_401, 1),
        (Array("schlüssel".utf8), 331_429_656, 0),
        (Array(0...255), 2_346_620_022, 10),
    ]

    @Test(arguments: vectors)
    func `is the one that other clients choose`(
        _ key: [UInt8], _ hash: UInt32, _ partition: Int32
    ) {
        #expect(Murmur2.hash(SharedBytes(key)) == hash)
        #expect(Murmur2.partition(of: SharedBytes(key), among: 12) == partition)
    }
}
