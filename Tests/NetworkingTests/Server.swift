import Bytes
import Ports
import Testing

@testable import Networking
@testable import Platform

/// A listener on a free port of this machine, and the loops it uses.
final class Server: Sendable {
    let loops: [RunningLoop]
    let transport: LinuxTransport
    let listener: any Listener
    /// Accepted connections with their handlers, in order.
    let accepted = Inbox<(connection: Carried, recorder: Recorder)>()
    var loop: EpollLoop { loops[0].loop }
    var port: UInt16 { listener.port }

    static let framing = Framing.lengthPrefixed(limit: 100 << 20)

    init(
        _ options: SocketOptions = SocketOptions(framing: Server.framing), loops count: Int = 1,
        host: String = "127.0.0.1",
        prepare: @escaping @Sendable (Recorder, any Connection) -> Void = { _, _ in }
    ) throws {
        loops = try (0..<count).map { _ in try RunningLoop() }
        transport = LinuxTransport()
        let accepted = accepted
        listener = try transport.listen(
            host: host, port: 0, options: options, loops: loops.map(\.loop)
        ) { connection in
            let recorder = Recorder()
            prepare(recorder, connection)
            accepted.put((Carried(connection: connection), recorder))
            return recorder
        }
    }

    /// Connects from this process through the transport itself.
    func connect(
        _ options: SocketOptions = SocketOptions(framing: Server.framing),
        host: String = "127.0.0.1",
        port: UInt16? = nil
    ) throws -> (connection: Carried, recorder: Recorder) {
        let recorder = Recorder()
        let target = port ?? self.port
        let connection = try loops[0].run { [transport, loop] in
            Carried(
                connection: transport.connect(
                    host: host, port: target, options: options, on: loop, handler: recorder))
        }
        return (connection, recorder)
    }

    deinit { listener.close() }
}

extension SharedBytes {
    /// The bytes with Kafka's length before them.
    var framed: SharedBytes {
        var writer = ByteWriter(capacity: count + 4)
        writer.int32(Int32(count))
        writer.bytes(self)
        return writer.finish()
    }
}
