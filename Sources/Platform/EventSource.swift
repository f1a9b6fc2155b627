internal import CPlatform

/// What epoll says of a descriptor.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Something can be read, or the end has come.
    package static let readable = Readiness(rawValue: UInt32(MARTLET_READABLE))
    /// Something can be written, or an attempt to connect has ended.
    package static let writable = Readiness(rawValue: UInt32(MARTLET_WRITABLE))
    /// An error waits to be fetched.
    package static let failed = Readiness(rawValue: UInt32(MARTLET_FAILED))
    /// Both directions have ended.
    package static let hungUp = Readiness(rawValue: UInt32(MARTLET_HUNG_UP))
    /// The peer will send nothing more.
    package static let peerEnded = Readiness(rawValue: UInt32(MARTLET_PEER_ENDED))
    /// The connection is of no use any more.
    package static let broken = Readiness(rawValue: hungUp.rawValue | failed.rawValue)
    /// Whoever reads on comes to an end or an error.
    package static let ending = Readiness(rawValue: broken.rawValue | peerEnded.rawValue)

    /// Whether any of `others` is among them. The set's own functions are generic, which is slow across rooms.
    package func has(_ others: Readiness) -> Bool { rawValue & others.rawValue != 0 }
}

/// Something with a descriptor that a loop watches.
package protocol EventSource: AnyObject {
    /// The descriptor changed. On the loop; never called once the watch has ended.
    func ready(_ readiness: Readiness)
    /// The loop ends: let go of everything, tell nobody.
    func loopStopped()
}

/// A descriptor watched by a loop.
package struct Watch: Hashable, Sendable {
    let slot: Int
    let generation: UInt32
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}
