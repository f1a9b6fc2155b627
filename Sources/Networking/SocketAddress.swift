internal import CPlatform
internal import Glibc
internal import Platform
internal import Ports

/// An IPv4 or IPv6 address with a port, as the kernel keeps it.
struct SocketAddress: Sendable {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    var family: Int32 { Int32(storage.ss_family) }

    /// Lends the address to a call of the kernel.
    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        unsafe withUnsafePointer(to: storage) { pointer in
            // SAFETY: `sockaddr_storage` is made to be seen as `sockaddr`.
            unsafe body(UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), length)
        }
    }

    /// All addresses on this port of the machine, of one family.
    static func any(family: Int32, port: UInt16) -> SocketAddress {
        var address = SocketAddress()
        unsafe martlet_any_address(family, port, &address.storage, &address.length)
        return address
    }

    /// The port.
    var port: UInt16 {
        get { unsafe withUnsafePointer(to: storage) { unsafe martlet_port($0) } }
        set { unsafe martlet_set_port(&storage, newValue) }
    }

    /// As in `10.0.0.7:9092` or `[::1]:9092`. IPv4 inside IPv6 is shown as IPv4.
    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = unsafe withPointer { address, length in
            unsafe getnameinfo(
                address, length, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        }
        guard code == 0 else { return "unknown" }
        let end = buffer.firstIndex(of: 0) ?? buffer.count
        var host = String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
        if host.hasPrefix("::ffff:"), host.contains(".") { host.removeFirst(7) }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// This machine's end of a socket.
    static func local(of socket: Int32) -> SocketAddress? {
        var address = SocketAddress()
        let answer = unsafe martlet_local_address(socket, &address.storage, &address.length)
        return answer == 0 ? address : nil
    }

    /// The other end of a socket.
    static func remote(of socket: Int32) -> SocketAddress? {
        var address = SocketAddress()
        let answer = unsafe martlet_remote_address(socket, &address.storage, &address.length)
        return answer == 0 ? address : nil
    }

    /// Whether two addresses are the same host and port.
    static func areSame(_ a: SocketAddress, _ b: SocketAddress) -> Bool {
        unsafe withUnsafePointer(to: a.storage) { x in
            unsafe withUnsafePointer(to: b.storage) { y in unsafe martlet_is_same_address(x, y) == 1
            }
        }
    }
}
