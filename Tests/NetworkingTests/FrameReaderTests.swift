import Bytes
import Glibc
import Model
import Ports
import Testing

@testable import Networking

@Suite("The frame reader")
struct FrameReaderTests {
    /// Feeds a stream to a reader in reads of the given sizes, as a socket would.
    private struct Feed {
        var reader: FrameReader
        var arena = ReadArena()
        var frames: [SharedBytes] = []

        init(_ framing: Framing) { reader = FrameReader(framing) }

        /// Takes what one read would bring of `bytes`, at most `limit`, and answers how much that
        /// was.
        mutating func read(
            _ bytes: ArraySlice<UInt8>, limit: Int
        ) throws(FrameReader.InvalidLength) -> Int {
            let parts = UnsafeMutableBufferPointer<iovec>.allocate(capacity: 2)
            defer { unsafe parts.deallocate() }
            let (count, _) = unsafe reader.prepare(parts.baseAddress!, &arena)
            var taken = 0
            for index in 0..<Int(count) {
                let part = unsafe parts[index]
                let some = unsafe min(part.iov_len, min(limit, bytes.count) - taken)
                let from = bytes[(bytes.startIndex + taken)...].prefix(some)
                unsafe UnsafeMutableRawBufferPointer(start: part.iov_base, count: part.iov_len)
                    .copyBytes(from: from)
                taken += some
            }
            try reader.received(taken, &arena, &frames)
            return taken
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `cuts any stream in the same way, however it arrives`(seed: UInt64) throws {
        var random = PRNG(seed: seed)
        let sizes = [0, 1, 3, 4, 100, 5_000, 70_000, 300_000]
        var expected: [[UInt8]] = []
        var stream: [UInt8] = []
        for _ in 0..<(5 + random.below(10)) {
            let size = random.below(sizes[random.below(sizes.count)] + 1)
            let fill = UInt8(truncatingIfNeeded: random.next())
            expected.append((0..<size).map { UInt8(truncatingIfNeeded: $0) ^ fill })
            stream += SharedBytes(expected[expected.count - 1]).framed.array
        }
        var feed = Feed(.lengthPrefixed(limit: 2_000_000))
        var at = 0
        let readMax = [1, 7, 1_000, 65_536, 1 << 20][Int(seed % 5)]
        if readMax == 1 { stream = Array(stream.prefix(20_000)) }
        while at < stream.count {
            at += try feed.read(stream[at...], limit: 1 + random.below(readMax))
            // What is kept must not change, and what is let go of must not be written to by others.
            if random.below(3) == 0 { feed.arena.recycle() }
        }
        let whole = expected.prefix(feed.frames.count)
        #expect(feed.frames.map(\.array) == Array(whole))
        if readMax > 1 { #expect(feed.frames.count == expected.count) }
    }

    @Test(arguments: [-1, .min, 1001, .max] as [Int32])
    func `refuses a hostile length, after the frames before it`(length: Int32) throws {
        var feed = Feed(.lengthPrefixed(limit: 1000))
        var writer = ByteWriter()
        writer.bytes(SharedBytes([1, 2, 3]).framed)
        writer.int32(length)
        let stream = writer.finish().array
        do throws(FrameReader.InvalidLength) {
            _ = try feed.read(stream[...], limit: .max)
            Issue.record("accepted")
        } catch {
            #expect(error.length == Int64(length))
        }
        #expect(feed.frames == [[1, 2, 3]])
    }

    @Test func `takes no more memory than a step beyond what came`() throws {
        var feed = Feed(.lengthPrefixed(limit: 8 << 20))
        var writer = ByteWriter()
        writer.int32(8 << 20)
        writer.zeros(10)
        _ = try feed.read(writer.finish().array[...], limit: .max)
        #expect(feed.reader.heldByteCount <= FrameReader.firstBlockMax)
        var came = 10
        let chunk = [UInt8](repeating: 1, count: 1 << 20)
        while came < 8 << 20 {
            came += try feed.read(chunk[...], limit: (8 << 20) - came)
            let allowed = max(FrameReader.firstBlockMax, came * FrameReader.growth)
            #expect(feed.reader.heldByteCount <= allowed)
        }
        #expect(feed.frames.map(\.count) == [8 << 20])
        #expect(feed.reader.heldByteCount == 0)
    }

    @Test func `reads again into the same block when nobody keeps a frame`() throws {
        var feed = Feed(.lengthPrefixed(limit: 1000))
        let stream = SharedBytes([1, 2, 3]).framed.array
        _ = try feed.read(stream[...], limit: .max)
        let kept = feed.frames
        feed.frames = []
        feed.arena.recycle()
        #expect(feed.arena.used > 0, "a frame is kept")
        #expect(kept == [[1, 2, 3]])
        _ = kept
        for _ in 0..<5_000 {
            _ = try feed.read(stream[...], limit: .max)
            feed.frames = []
            feed.arena.recycle()
        }
        #expect(kept == [[1, 2, 3]])
    }

    @Test func `leaves a stream without frames as it came`() throws {
        var feed = Feed(.none)
        _ = try feed.read([71, 69, 84, 32], limit: 3)
        _ = try feed.read([32, 47], limit: .max)
        #expect(feed.frames == [[71, 69, 84], [32, 47]])
    }
}
