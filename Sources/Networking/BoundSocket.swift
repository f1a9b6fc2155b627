internal import CPlatform
internal import Glibc
internal import Platform
internal import Ports

/// A listening socket, held by its listener.
final class BoundSocket: Sendable {
    private let descriptor: OwnedDescriptor
    var raw: Int32 { descriptor.raw }

    /// Binds and listens. Accepted sockets inherit the options set here.
    init(
        _ address: SocketAddress, _ options: SocketOptions, isDualStack: Bool,
        congestionControl: String?
    ) throws(Errno) {
        let socket = try OwnedDescriptor(opening: martlet_socket(address.family))
        // A restarted node takes its port back at once, while old connections still linger.
        try socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == AF_INET6 {
            try socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, isDualStack ? 0 : 1)
        }
        try socket.set(options, congestionControl: congestionControl)
        let bound = unsafe address.withPointer { unsafe bind(socket.raw, $0, $1) == 0 ? 0 : errno }
        guard bound == 0 else { throw Errno(bound) }
        guard listen(socket.raw, Int32(clamping: options.backlog)) == 0 else { throw Errno(errno) }
        descriptor = consume socket
    }

    /// The port in force.
    var port: UInt16? { SocketAddress.local(of: raw)?.port }
}
