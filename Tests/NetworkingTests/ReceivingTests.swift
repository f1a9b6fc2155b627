import Bytes
import Ports
import Testing

@testable import Networking
@testable import Platform

@Suite("A connection that receives")
struct ReceivingTests {
    @Test func `hands on frames that come byte by byte`() throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (_, recorder) = try server.accepted.take()
        let stream =
            SharedBytes([1, 2, 3]).framed.array + [0, 0, 0, 0] + SharedBytes([4]).framed.array
        for byte in stream { peer.send([byte]) }
        #expect(try recorder.frames(3) == [[1, 2, 3], [], [4]])
    }

    @Test func `hands on many frames in order`() throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (_, recorder) = try server.accepted.take()
        var stream: [UInt8] = []
        for index in 0..<20_000 { stream += SharedBytes(utf8: "frame \(index)").framed.array }
        peer.send(stream)
        let frames = try recorder.frames(20_000)
        #expect(frames.enumerated().allSatisfy { $1.utf8 == "frame \($0)" })
    }

    @Test func `hands on a large frame whole`() throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (_, recorder) = try server.accepted.take()
        let large = (0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        peer.send(SharedBytes(large).framed.array + SharedBytes([9]).framed.array)
        let frames = try recorder.frames(2)
        #expect(frames[0].array == large)
        #expect(frames[1] == [9])
    }

    @Test(arguments: [
        [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], Array("GET / HTTP/1.1\r\n".utf8),
    ])
    func `closes on a length that no frame has`(bytes: [UInt8]) throws {
        let server = try Server()
        let peer = try RawPeer(port: server.port)
        let (_, recorder) = try server.accepted.take()
        peer.send(SharedBytes([5]).framed.array + bytes)
        #expect(try recorder.events.take() == .received([[5]]))
        let length = Int32(truncatingIfNeeded: bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) })
        #expect(try recorder.events.take() == .closed(.invalidFrame(length: Int64(length))))
        #expect(peer.receive(1)?.isEmpty ?? true)
    }

    @Test func `holds little for a large length and then silence`() throws {
        let server = try Server()
        let peers = try (0..<20).map { _ in try RawPeer(port: server.port) }
        let hundredMebibytes: [UInt8] = [0x06, 0x40, 0, 0]
        for peer in peers { peer.send(hundredMebibytes + [1, 2, 3]) }
        for _ in peers {
            let (carried, _) = try server.accepted.take()
            // The bytes were sent already, so they are read at the latest after an answer to a
            // frame.
            var held = 0
            while held == 0 { held = try server.loops[0].run { carried.tcp.reader.heldByteCount } }
            #expect(held <= FrameReader.firstBlockMax)
        }
    }

    @Test func `tells a peer's end from a reset`() throws {
        let server = try Server()
        let polite = try RawPeer(port: server.port)
        let first = try server.accepted.take()
        polite.send(SharedBytes([1]).framed.array)
        polite.end()
        #expect(try first.recorder.frames(1) == [[1]])
        #expect(try first.recorder.events.take() == .closed(.closedByPeer))

        let rude = try RawPeer(port: server.port)
        let second = try server.accepted.take()
        rude.reset()
        guard case .closed(.failed(let error)) = try second.recorder.events.take() else {
            Issue.record("no failure")
            return
        }
        #expect(error.kind == .reset)
        #expect(error.address.hasPrefix("127.0.0.1:"))
    }

    @Test func `notices a reset even while it does not read`() throws {
        let server = try Server(prepare: { _, connection in connection.setReading(false) })
        let peer = try RawPeer(port: server.port)
        let (_, recorder) = try server.accepted.take()
        peer.send(SharedBytes([1]).framed.array)
        peer.reset()
        guard case .closed(.failed(let error)) = try recorder.events.take() else {
            Issue.record("no failure")
            return
        }
        #expect(error.kind == .reset)
    }

    @Test func `answers a peer that has ended its own direction`() throws {
        let server = try Server(prepare: { recorder, _ in
            recorder.onFrames = { frames, connection in
                connection.send(frames.map { .bytes($0.framed) })
            }
        })
        let peer = try RawPeer(port: server.port)
        peer.send(SharedBytes([1, 2]).framed.array)
        peer.endSending()
        #expect(peer.receive(100) == [0, 0, 0, 2, 1, 2])
        let (_, recorder) = try server.accepted.take()
        #expect(try recorder.events.take() == .closed(.closedByPeer))
    }

    @Test func `stops reading when told, and goes on without loss`() throws {
        let server = try Server(prepare: { recorder, connection in
            recorder.onFrames = { frames, connection in
                recorder.events.put(.received(frames))
                connection.setReading(false)
            }
        })
        let peer = try RawPeer(port: server.port)
        let (carried, recorder) = try server.accepted.take()
        var got = 0
        for round in 0..<20 {
            peer.send(SharedBytes([UInt8(round)]).framed.array)
            peer.send(SharedBytes([UInt8(round)]).framed.array)
            while got < 2 * (round + 1) {
                guard case .received(let frames) = try recorder.events.take() else {
                    Issue.record("not frames")
                    return
                }
                #expect(frames.allSatisfy { $0 == [UInt8(round)] })
                got += frames.count
                let isReading = try server.loops[0].run { carried.tcp.isReadingWanted }
                #expect(!isReading)
                try server.loops[0].run { carried.connection.setReading(true) }
            }
        }
    }

    @Test func `closes when nothing moves`() throws {
        let options = SocketOptions(framing: Server.framing, idleLimit: .milliseconds(30))
        let server = try Server(options)
        let peer = try RawPeer(port: server.port)
        let (_, recorder) = try server.accepted.take()
        #expect(try recorder.events.take() == .closed(.idle))
        #expect(peer.receive(1) == [])
    }
}
