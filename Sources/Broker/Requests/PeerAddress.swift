internal import Bytes

/// What a peer's `address:port` says.
enum PeerAddress {
    /// The address without its port, which names a class of peers in the log.
    static func host(of peer: String) -> String {
        guard let colon = peer.lastIndex(of: ":") else { return peer }
        return String(peer[..<colon].filter { $0 != "[" && $0 != "]" })
    }

    /// An IPv4 address as four bytes; empty for anything else.
    static func bytes(of peer: String) -> SharedBytes {
        let parts = host(of: peer).split(separator: ".").compactMap { UInt8($0) }
        return parts.count == 4 ? SharedBytes(parts) : .empty
    }
}
