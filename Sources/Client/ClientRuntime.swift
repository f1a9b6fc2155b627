public import Ports

/// The part of the world a client needs. On Linux it is made of sockets and an epoll loop, in the simulator
/// of virtual ones.
public struct ClientRuntime: Sendable {
    /// The loop that owns the client. Several clients may share one.
    public let loop: any Loop
    public let transport: any Transport
    public let entropy: any Entropy

    public init(loop: any Loop, transport: any Transport, entropy: any Entropy) {
        self.loop = loop
        self.transport = transport
        self.entropy = entropy
    }
}
