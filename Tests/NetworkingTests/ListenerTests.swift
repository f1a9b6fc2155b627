import Bytes
import Ports
import Testing

@testable import Networking
@testable import Platform

@Suite("A listener without descriptors")
struct ListenerTests {
    @Test func `refuses, says so once, serves others, and recovers`() async {
        // In a process of its own, whose limit can be lowered.
        await #expect(processExitsWith: .exitCode(42)) {
            let troubles = Inbox<TransportTrouble>()
            let accepted = Inbox<Carried>()
            let running = try RunningLoop()
            let transport = LinuxTransport(report: { troubles.put($0) })
            let listener = try transport.listen(
                host: "127.0.0.1", port: 0,
                options: SocketOptions(framing: Server.framing, backlog: 64), loops: [running.loop]
            ) { connection in
                accepted.put(Carried(connection: connection))
                let recorder = Recorder()
                recorder.onFrames = { frames, connection in
                    connection.send(frames.map { .bytes($0.framed) })
                }
                return recorder
            }
            let early = try RawPeer(port: listener.port)
            let first = try accepted.take()
            // One number is left for the client's end, none for the server's.
            Kernel.limitDescriptors(to: Kernel.lowestFreeDescriptor() + 1)
            let late = try RawPeer(port: listener.port)
            guard late.receive(1)?.isEmpty ?? true else { HostProcess.exit(1) }
            guard try troubles.take() == .outOfDescriptors(port: listener.port, refused: 1) else {
                HostProcess.exit(2)
            }
            early.send([0, 0, 0, 1, 9])
            guard early.receive(5) == [0, 0, 0, 1, 9] else { HostProcess.exit(3) }
            late.end()
            try running.run { first.connection.close(discarding: false) }
            guard early.receive(1) == [] else { HostProcess.exit(4) }
            early.end()
            let again = try RawPeer(port: listener.port)
            again.send([0, 0, 0, 1, 8])
            guard again.receive(5) == [0, 0, 0, 1, 8] else { HostProcess.exit(5) }
            HostProcess.exit(42)
        }
    }
}
