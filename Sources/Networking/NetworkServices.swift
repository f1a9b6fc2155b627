internal import Ports

/// What connections of all loops share: the threads that may block.
final class NetworkServices: Sendable {
    let resolver = Resolver()
    let coldReads = ColdReads()
    /// The congestion control of new sockets; nil leaves the kernel's choice.
    let congestionControl: String?

    init(congestionControl: String?) { self.congestionControl = congestionControl }
}
