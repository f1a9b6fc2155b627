/// Where a node of the quorum can be reached.
package struct QuorumAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address; resolved anew at each connect.
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    package var description: String { "\(host):\(port)" }
}
