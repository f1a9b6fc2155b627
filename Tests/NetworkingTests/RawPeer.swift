import Bytes
import Glibc

/// A peer that speaks in plain blocking calls, so that a test decides about each byte.
final class RawPeer {
    struct CannotConnect: Error { let code: Int32 }

    private var raw: Int32

    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer {
            _ = unsafe setsockopt(raw, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe connect(
                raw, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        guard code == 0 else { throw CannotConnect(code: errno) }
        var one: Int32 = 1
        _ = unsafe setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        // A test that waits for ever fails instead.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    }

    deinit { end() }

    func send(_ bytes: [UInt8]) {
        var at = 0
        while at < bytes.count {
            let sent = unsafe bytes[at...].withUnsafeBytes { buffer in
                unsafe Glibc.send(raw, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            at += sent
        }
    }

    /// Up to `count` bytes; fewer if the stream ends, nil on a reset before the first.
    func receive(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var at = 0
        while at < count {
            let got = unsafe bytes[at...].withUnsafeMutableBytes { buffer in
                unsafe recv(raw, buffer.baseAddress, buffer.count, 0)
            }
            if got < 0, at == 0 { return nil }
            guard got > 0 else { break }
            at += got
        }
        return Array(bytes[..<at])
    }

    /// Ends this side's direction only.
    func endSending() { shutdown(raw, Int32(SHUT_WR)) }

    /// Breaks the connection.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(raw, SOL_SOCKET, SO_LINGER, &now, size)
        end()
    }

    func end() {
        if raw >= 0 { close(raw) }
        raw = -1
    }
}
