package import Model

/// `NAME://host:port` as listeners are written; an IPv6 address stands in brackets.
package struct ListenerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Upper case.
    package let name: String
    /// Empty for all addresses of the machine.
    package let host: String
    package let port: UInt16

    package init(name: String, host: String, port: UInt16) {
        self.name = name
        self.host = host
        self.port = port
    }

    /// Nil if `text` is not of that form.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://"),
            let address = HostAndPort(String(text[colon...].dropFirst(3)), mayBeBlank: true)
        else { return nil }
        let name = text[..<colon].uppercased()
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "_-.".contains($0) })
        else { return nil }
        self.init(name: name, host: address.host, port: address.port)
    }

    package var description: String { "\(name)://\(HostAndPort(host: host, port: port))" }
}

/// `host:port`; an IPv6 address stands in brackets.
package struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil if `text` is not of that form.
    package init?(_ text: String, mayBeBlank: Bool = false) {
        guard let mark = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: mark)...])
        else { return nil }
        var host = text[..<mark]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard !host.isEmpty else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard mayBeBlank || !host.isEmpty,
            host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._:%".contains($0)) })
        else { return nil }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// All addresses of the machine: good to listen on, useless to connect to.
    var isWildcard: Bool { host.isEmpty || host == "0.0.0.0" || host == "::" }
}

/// `id@host:port` in `controller.quorum.voters`.
package struct StaticVoter: Hashable, Sendable, CustomStringConvertible {
    package let id: BrokerID
    package let address: HostAndPort

    package init(id: BrokerID, address: HostAndPort) {
        self.id = id
        self.address = address
    }

    /// Nil if `text` is not of that form.
    package init?(_ text: String) {
        guard let mark = text.firstIndex(of: "@"), let id = Int32(text[..<mark]), id >= 0,
            let address = HostAndPort(String(text[text.index(after: mark)...]))
        else { return nil }
        self.init(id: BrokerID(id), address: address)
    }

    package var description: String { "\(id.rawValue)@\(address)" }
}
