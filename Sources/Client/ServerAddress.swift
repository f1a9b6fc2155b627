/// Where a server listens, as configurations write it: `host:port`, IPv6 hosts in brackets.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Parses `host:port`, also `LISTENER://host:port`.
    public init(_ text: String) throws(ClientError) {
        let address = text.split(separator: "://", maxSplits: 1).last ?? ""
        guard
            let colon = address.lastIndex(of: ":"),
            let port = UInt16(address[address.index(after: colon)...]), port > 0
        else { throw .invalidServer(text) }
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else {
            throw .invalidServer(text)
        }
        self.init(host: String(host), port: port)
    }

    /// Parses a comma-separated list, as `bootstrap.servers` holds it. Throws for an empty one.
    public static func list(_ text: String) throws(ClientError) -> [ServerAddress] {
        var servers: [ServerAddress] = []
        for part in text.split(separator: ",") {
            let trimmed = part.drop(while: \.isWhitespace)
            guard !trimmed.isEmpty else { continue }
            servers.append(try ServerAddress(String(trimmed)))
        }
        guard !servers.isEmpty else { throw .invalidServer(text) }
        return servers
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
