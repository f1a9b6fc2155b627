internal import Glibc
internal import Platform
internal import Ports

/// Names to addresses, by the C library: hosts file, DNS, whatever the machine is set up for.
final class Resolver: Sendable {
    /// Look-ups under way at once; a name server that is down holds each of them for many seconds.
    private static let threadsMax = 8

    private let pool = WorkerPool(name: "resolver", threadsMax: Resolver.threadsMax)

    enum Mode {
        /// Only addresses in digits: never waits.
        case numeric
        /// Names too: may wait for a name server.
        case names
    }

    /// The addresses of `host`, in the order to try them.
    static func addresses(
        of host: String, port: UInt16, _ mode: Mode, operation: String
    ) throws(NetworkError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV | (mode == .numeric ? AI_NUMERICHOST : 0)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = unsafe found else {
            throw NetworkError(
                .unresolvable, operation: operation, address: "\(host):\(port)",
                reason: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = unsafe first
        while let entry = unsafe next {
            // SAFETY: the list and its addresses live until `freeaddrinfo`; an entry says its own
            // length.
            let length = unsafe entry.pointee.ai_addrlen
            if let source = unsafe entry.pointee.ai_addr,
                Int(length) <= MemoryLayout<sockaddr_storage>.size
            {
                var address = SocketAddress()
                unsafe withUnsafeMutableBytes(of: &address.storage) {
                    unsafe $0.copyMemory(
                        from: UnsafeRawBufferPointer(start: source, count: Int(length)))
                }
                address.length = length
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }

    /// Resolves a name on a thread of its own and answers there.
    func resolve(
        _ host: String, port: UInt16,
        _ answer: @escaping @Sendable (Result<[SocketAddress], NetworkError>) -> Void
    ) {
        pool.run {
            do throws(NetworkError) {
                let found = try Resolver.addresses(
                    of: host, port: port, .names, operation: "connect")
                answer(.success(found))
            } catch {
                answer(.failure(error))
            }
        }
    }
}
