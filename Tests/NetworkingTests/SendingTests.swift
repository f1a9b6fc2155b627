import Bytes
import Model
import Ports
import Testing

@testable import Networking
@testable import Platform

@Suite("A connection that sends")
struct SendingTests {
    let files = LinuxFileSystem()
    let path = "/tmp/martlet-sending-\(LinuxEntropy().next())"

    /// A file with bytes that tell their place.
    private func makeFile(_ name: String, count: Int) throws -> (file: any File, content: [UInt8]) {
        try files.createDirectory(path, withParents: true)
        let file = try files.open("\(path)/\(name)", .create)
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8) ^ ($0 >> 16)) }
        try file.write([SharedBytes(content)], at: 0)
        return (file, content)
    }

    private func cleanUp() { try? files.removeTree(path) }

    @Test func `sends bytes and files in order`() throws {
        defer { cleanUp() }
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (carried, _) = try server.accepted.take()
        let (file, content) = try makeFile("a", count: 1_000_000)
        server.loop.post {
            carried.connection.send([
                .bytes([1, 2]), .file(file, offset: 10, count: 600_000), .bytes([]), .bytes([3]),
                .file(file, offset: 0, count: 1), .file(file, offset: 999_999, count: 1),
            ])
            carried.connection.send([.bytes([4])])
        }
        let expected = [1, 2] + content[10..<600_010] + [3, content[0], content[999_999], 4]
        #expect((peer.receive(expected.count) == Array(expected)) as Bool)
    }

    @Test func `sends cold pages and files of another kind in order too`() throws {
        defer { cleanUp() }
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (carried, recorder) = try server.accepted.take()
        let (file, content) = try makeFile("cold", count: 900_000)
        try file.sync()
        #expect(Kernel.forgetPages(file.path))
        let other = Foreign([UInt8](content.reversed()))
        server.loop.post {
            carried.connection.send([
                .bytes([1]), .file(file, offset: 0, count: 900_000), .bytes([2]),
                .file(other, offset: 5, count: 700_000), .bytes([3]),
            ])
        }
        let expected = [1] + content + [2] + content.reversed()[5..<700_005] + [3]
        #expect((peer.receive(expected.count) == Array(expected)) as Bool)
        #expect(try recorder.events.take() == .drained)
        #expect(try server.loops[0].run { carried.connection.unsentByteCount } == 0)
    }

    /// Units of `size` bytes of which each begins with its number; `damaged` is not as it was.
    private func check(_ size: Int, damaged: Int = -1) -> PieceCheck {
        PieceCheck { bytes in
            var whole = 0
            while bytes.count - whole >= size {
                if Int(bytes[whole]) == damaged { return nil }
                whole += size
            }
            return whole
        }
    }

    @Test func `has what comes from the disk checked, and sends no damage`() throws {
        defer { cleanUp() }
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (carried, recorder) = try server.accepted.take()
        try files.createDirectory(path, withParents: true)
        let file = try files.open("\(path)/units", .create)
        let content = (0..<3_000_000).map { UInt8($0 / 30_000) }
        try file.write([SharedBytes(content)], at: 0)
        try file.sync()
        #expect(Kernel.forgetPages(file.path))
        // Steps of a megabyte end inside of a unit; a piece may too.
        server.loop.post {
            carried.connection.send([
                .file(file, offset: 0, count: 2_100_007, check: check(30_000)), .bytes([200]),
            ])
        }
        let expected = content[0..<2_100_007] + [200]
        #expect((peer.receive(expected.count) == Array(expected)) as Bool)
        #expect(try recorder.events.take() == .drained)
        // A file that is never taken to be in memory: the kernel may still hold pages of the other.
        let other = Foreign(content)
        server.loop.post {
            carried.connection.send([
                .file(other, offset: 0, count: 3_000_000, check: check(30_000, damaged: 90))
            ])
        }
        // The step with the damage never leaves, and the connection ends.
        #expect((peer.receive(3_000_000)?.allSatisfy { $0 < 90 } != false) as Bool)
        guard case .closed(.failed(let error)) = try recorder.events.take() else {
            Issue.record("the connection goes on")
            return
        }
        #expect(error.description.contains("damaged"))
    }

    @Test func `checks from the last unit's beginning, and units larger than a step`() throws {
        let content = (0..<100).map { UInt8($0 / 10) }
        var checked: [Range<Int64>] = []
        func load(_ range: FileRange, about step: Int) throws(FileError) -> [UInt8] {
            let bytes = try range.load(
                about: step, path: "/f", checked: { checked.append($0) }
            ) { offset, count throws(FileError) in
                SharedBytes(content.dropFirst(Int(offset)).prefix(count))
            }
            return (0..<bytes.count).map { bytes[$0] }
        }
        func range(_ offset: Int64, _ count: Int, _ check: PieceCheck?, unit: Int64 = 0)
            -> FileRange
        {
            FileRange(offset: offset, count: count, check: check, unit: unit)
        }
        let tens = check(10)
        #expect(try load(range(0, 100, nil), about: 33) == Array(content[0..<33]))
        #expect(try load(range(0, 100, tens), about: 33) == Array(content[0..<30]))
        #expect(try load(range(0, 100, tens), about: 3) == Array(content[0..<10]))
        #expect(try load(range(7, 93, tens), about: 10) == Array(content[7..<10]))
        #expect(try load(range(7, 20, tens), about: 20) == Array(content[7..<27]))
        #expect(try load(range(90, 20, tens, unit: 90), about: 20) == [])
        #expect(throws: FileError.self) {
            try load(range(7, 93, check(10, damaged: 0)), about: 10)
        }
        #expect(checked == [0..<30, 0..<0, 0..<0, 0..<10, 0..<10, 0..<20])
        let left = range(0, 100, tens).without(30, true)
        #expect(left?.offset == 30)
        #expect(left?.unit == 30)
        #expect(left?.without(5, false)?.unit == 30)
        #expect(left?.without(70, true) == nil)
    }

    @Test func `reads from the last unit's beginning however much was sent since`() throws {
        let size = 100_000
        let content = SharedBytes((0..<5_000_000).map { UInt8($0 / size) })
        let range = FileRange(offset: 4_000_050, count: 500_000, check: check(size), unit: 0)
        var mostAtOnce = 0
        var checked: [Range<Int64>] = []
        let bytes = try range.load(
            about: 300_000, path: "/f", checked: { checked.append($0) }
        ) { offset, count throws(FileError) in
            mostAtOnce = max(mostAtOnce, count)
            return content[Int(offset)..<min(Int(offset) + count, content.count)]
        }
        #expect(bytes.count == 299_950)
        #expect(bytes.array.allSatisfy { $0 >= 40 })
        #expect(checked.first?.lowerBound == 0)
        #expect(checked.last.map { Int($0.upperBound) } == 4_000_050 + bytes.count)
        #expect(mostAtOnce <= FileRange.leadMax + 300_000)
    }

    /// A file that only reads.
    final class Foreign: File {
        let path = "/foreign"
        private let content: [UInt8]
        init(_ content: [UInt8]) { self.content = content }
        func size() throws(FileError) -> Int64 { Int64(content.count) }
        func read(at offset: Int64, count: Int) throws(FileError) -> SharedBytes {
            SharedBytes(content.dropFirst(Int(offset)).prefix(count))
        }
        func write(_ parts: [SharedBytes], at offset: Int64) throws(FileError) {}
        func truncate(to size: Int64) throws(FileError) {}
        func preallocate(upTo size: Int64) throws(FileError) {}
        func sync() throws(FileError) {}
        func isResident(at offset: Int64, count: Int) -> Bool { true }
        func close() {}
    }

    @Test func `finishes a piece of a file that is closed and removed meanwhile`() throws {
        defer { cleanUp() }
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (carried, _) = try server.accepted.take()
        let (file, content) = try makeFile("gone", count: 8_000_000)
        let (files, filePath) = (files, file.path)
        _ = try server.loops[0].run {
            carried.connection.send([.file(file, offset: 0, count: 8_000_000)])
            file.close()
            try? files.remove(filePath)
            return 0
        }
        #expect((peer.receive(content.count) == content) as Bool)
    }

    @Test(arguments: [false, true]) func `closes when a file is shorter than said`(isClosed: Bool)
        throws
    {
        defer { cleanUp() }
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (carried, recorder) = try server.accepted.take()
        let (file, content) = try makeFile("short", count: 1_000)
        if isClosed { file.close() }
        server.loop.post {
            carried.connection.send([.bytes([1]), .file(file, offset: 0, count: 2_000)])
        }
        let expected = isClosed ? [1] : [1] + content
        #expect((peer.receive(3_000) == expected) as Bool)
        guard case .closed(.failed(let error)) = try recorder.events.take() else {
            Issue.record("no failure")
            return
        }
        #expect(error.kind == .failed)
        #expect(error.reason.contains("short"))
    }

    @Test func `keeps what a slow peer does not take, and says when it is gone`() throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port, receiveBuffer: 4_096)
        let (carried, recorder) = try server.accepted.take()
        let piece = SharedBytes([UInt8](repeating: 7, count: 100_000))
        let total = 20_000_000
        let unsent = try server.loops[0].run {
            for _ in 0..<(total / 100_000) { carried.connection.send([.bytes(piece)]) }
            return carried.connection.unsentByteCount
        }
        #expect(unsent == total)
        // A turn later the kernel has what it takes of a peer that reads nothing.
        let left = try server.loops[0].run { carried.connection.unsentByteCount }
        #expect(left > total / 4)
        #expect(left < total)
        #expect(peer.receive(total)?.count == total)
        #expect(try recorder.events.take() == .drained)
        #expect(try server.loops[0].run { carried.connection.unsentByteCount } == 0)
    }

    @Test func `closes after what is queued has left`() throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port, receiveBuffer: 4_096)
        let (carried, recorder) = try server.accepted.take()
        let piece = SharedBytes([UInt8](repeating: 7, count: 8_000_000))
        server.loop.post {
            carried.connection.send([.bytes(piece)])
            carried.connection.close(discarding: false)
            carried.connection.send([.bytes([1])])
            carried.connection.close(discarding: false)
        }
        #expect(peer.receive(9_000_000)?.count == 8_000_000)
        #expect(try recorder.events.take() == .closed(.closedLocally))
    }

    @Test func `closes at once when it may discard`() throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port, receiveBuffer: 4_096)
        let (carried, recorder) = try server.accepted.take()
        let piece = SharedBytes([UInt8](repeating: 7, count: 50_000_000))
        server.loop.post {
            carried.connection.send([.bytes(piece)])
            carried.connection.close(discarding: true)
            carried.connection.close(discarding: true)
        }
        #expect(try recorder.events.take() == .closed(.closedLocally))
        #expect((peer.receive(50_000_000)?.count ?? 0) < 50_000_000)
        #expect(try server.loops[0].run { carried.connection.unsentByteCount } == 0)
    }

    @Test func `writes many small answers of a turn in few calls`() throws {
        let server = try Server(prepare: { recorder, _ in
            recorder.onFrames = { frames, connection in
                for frame in frames { connection.send([.bytes(frame.framed)]) }
            }
        })
        let peer = try RawPeer(port: server.port)
        var stream: [UInt8] = []
        for index in 0..<5_000 { stream += SharedBytes(utf8: "request \(index)").framed.array }
        peer.send(stream)
        #expect((peer.receive(stream.count) == stream) as Bool)
    }

    @Test func `survives a peer that goes while much is queued`() throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port, receiveBuffer: 4_096)
        let (carried, recorder) = try server.accepted.take()
        let piece = SharedBytes([UInt8](repeating: 7, count: 20_000_000))
        _ = try server.loops[0].run { carried.connection.send([.bytes(piece)]) }
        peer.reset()
        guard case .closed(.failed(let error)) = try recorder.events.take() else {
            Issue.record("no failure")
            return
        }
        #expect(error.kind == .reset)
    }
}
