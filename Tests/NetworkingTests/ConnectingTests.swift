import Bytes
import Model
import Ports
import Testing

@testable import Networking
@testable import Platform

@Suite("The transport of Linux")
struct ConnectingTests {
    /// Why an attempt to connect failed.
    private func failure(_ recorder: Recorder) throws -> NetworkError? {
        guard case .closed(.failed(let error)) = try recorder.events.take() else { return nil }
        return error
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `connects, and what was sent before arrives`(host: String) throws {
        let server = try Server(host: host)
        let recorder = Recorder()
        recorder.onConnected = { $0.send([.bytes([0, 0, 0, 1, 2])]) }
        let (transport, loop, port) = (server.transport, server.loop, server.port)
        _ = try server.loops[0].run {
            let connection = transport.connect(
                host: host, port: port, options: SocketOptions(framing: Server.framing), on: loop,
                handler: recorder)
            connection.send([.bytes([0, 0, 0, 1, 1])])
            #expect(connection.unsentByteCount == 5)
            return 0
        }
        #expect(try recorder.events.take() == .connected)
        let (carried, accepted) = try server.accepted.take()
        #expect(try accepted.frames(2) == [[1], [2]])
        #expect(try server.loops[0].run { carried.connection.peer }.contains(":"))
        try server.loops[0].run { carried.connection.close(discarding: false) }
        #expect(try accepted.events.take() == .closed(.closedLocally))
        #expect(try recorder.events.take() == .closed(.closedByPeer))
    }

    @Test func `is told of a refusal`() throws {
        let server = try Server()
        let closed = try Server().port
        let (_, recorder) = try server.connect(port: closed)
        let error = try failure(recorder)
        #expect(error?.kind == .refused)
        #expect(error?.address == "127.0.0.1:\(closed)")
        #expect(error?.operation == "connect")
    }

    @Test func `is told of a name that nobody knows`() throws {
        let server = try Server()
        let (_, recorder) = try server.connect(host: "no-such-host.invalid")
        let error = try failure(recorder)
        #expect(error?.kind == .unresolvable || error?.kind == .timedOut)
    }

    @Test func `gives up on a host that does not answer`() throws {
        // A listener whose queue is full drops further attempts without a word.
        let server = try Server()
        let full = try BoundSocket(
            .any(family: 2, port: 0), SocketOptions(framing: .none, backlog: 0), isDualStack: false,
            congestionControl: nil)
        let port = try #require(full.port)
        let options = SocketOptions(framing: .none, connectTimeout: .milliseconds(100))
        var outcomes: [NetworkError?] = []
        for _ in 0..<8 {
            let (_, recorder) = try server.connect(options, port: port)
            switch try recorder.events.take() {
            case .closed(.failed(let error)): outcomes.append(error)
            default: outcomes.append(nil)
            }
        }
        #expect(outcomes.contains { $0?.kind == .timedOut })
    }

    @Test func `can be stopped while it connects`() throws {
        let server = try Server()
        let (carried, recorder) = try server.connect(host: "no-such-host.invalid")
        try server.loops[0].run { carried.connection.close(discarding: false) }
        // The look-up may have ended before.
        guard case .closed = try recorder.events.take() else {
            Issue.record("not closed")
            return
        }
    }

    @Test func `listens on both families when no host is named`() throws {
        let server = try Server(host: "")
        let (_, four) = try server.connect(host: "127.0.0.1")
        #expect(try four.events.take() == .connected)
        let (carried, _) = try server.accepted.take()
        #expect(try server.loops[0].run { carried.connection.peer }.hasPrefix("127.0.0.1:"))
    }

    @Test func `says which port is in use`() throws {
        let server = try Server()
        do {
            _ = try server.transport.listen(
                host: "127.0.0.1", port: server.port, options: SocketOptions(framing: .none),
                loops: [server.loop]
            ) { _ in nil }
            Issue.record("listened twice")
        } catch {
            #expect(error.kind == .addressInUse)
            #expect(error.address == "127.0.0.1:\(server.port)")
        }
        do {
            _ = try server.transport.listen(
                host: "192.0.2.1", port: 0, options: SocketOptions(framing: .none),
                loops: [server.loop]
            ) { _ in nil }
            Issue.record("listened elsewhere")
        } catch {
            #expect(error.kind == .addressNotAvailable)
        }
    }

    @Test func `frees the port when the listener closes`() throws {
        let server = try Server()
        server.listener.close()
        _ = try server.loops[0].run { 0 }
        let again = try server.transport.listen(
            host: "127.0.0.1", port: server.port, options: SocketOptions(framing: .none),
            loops: [server.loop]
        ) { _ in nil }
        #expect(again.port == server.port)
        again.close()
    }

    @Test func `refuses a connection for which there is no handler`() throws {
        let server = try Server()
        let listener = try server.transport.listen(
            host: "127.0.0.1", port: 0, options: SocketOptions(framing: .none), loops: [server.loop]
        ) { _ in nil }
        let peer = try RawPeer(port: listener.port)
        #expect(peer.receive(1) == [])
        listener.close()
    }

    @Test func `lets a handler close, or say goodbye, before its connection begins`() throws {
        let server = try Server(prepare: { _, connection in
            connection.send([.bytes([5])])
            connection.close(discarding: false)
        })
        let peer = try RawPeer(port: server.port)
        #expect(peer.receive(2) == [5])
        #expect(try server.accepted.take().recorder.events.take() == .closed(.closedLocally))

        let rude = try Server(prepare: { _, connection in connection.close(discarding: true) })
        let other = try RawPeer(port: rude.port)
        #expect(other.receive(1) == [])
        #expect(try rude.accepted.take().recorder.events.take() == .closed(.closedLocally))
    }

    @Test func `takes limits of any length`() throws {
        let options = SocketOptions(
            framing: Server.framing, idleLimit: .milliseconds(Int64.max),
            connectTimeout: .milliseconds(Int64.max))
        let server = try Server(options)
        let (_, recorder) = try server.connect(options)
        #expect(try recorder.events.take() == .connected)
        _ = try server.accepted.take()
    }

    @Test func `spreads a thousand connections over its loops`() throws {
        let server = try Server(
            SocketOptions(framing: Server.framing, backlog: 1024), loops: 2,
            prepare: { recorder, _ in
                recorder.onFrames = { frames, connection in
                    connection.send(frames.map { .bytes($0.framed) })
                }
            })
        let peers = try (0..<1_000).map { _ in try RawPeer(port: server.port) }
        for peer in peers { peer.send([0, 0, 0, 1, 7]) }
        for peer in peers { #expect(peer.receive(5) == [0, 0, 0, 1, 7]) }
        var onFirst = 0
        for _ in peers {
            let (carried, _) = try server.accepted.take()
            if carried.connection.loop === server.loops[0].loop { onFirst += 1 }
        }
        #expect(onFirst == 500)
    }

    @Test func `lets go of its connections when the loop stops`() throws {
        let running = try RunningLoop()
        let transport = LinuxTransport()
        let accepted = Inbox<Int>()
        let listener = try transport.listen(
            host: "127.0.0.1", port: 0, options: SocketOptions(framing: .none),
            loops: [running.loop]
        ) { _ in
            accepted.put(1)
            return Recorder()
        }
        let peer = try RawPeer(port: listener.port)
        _ = try accepted.take()
        running.loop.stop()
        running.loop.join()
        #expect(peer.receive(1)?.isEmpty ?? true)
    }
}
