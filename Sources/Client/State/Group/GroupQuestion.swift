internal import Model

/// What the coordinator is asked.
enum GroupQuestion: Hashable, Sendable {
    /// Any broker, for the coordinator.
    case coordinator
    case join
    case sync
    case heartbeat
    case leave
    case commit(UInt64)
    case offsets(UInt64)

    /// Whether the answer still counts when the member has lost its place.
    var outlivesMembership: Bool {
        switch self {
        case .coordinator, .leave, .commit, .offsets: true
        case .join, .sync, .heartbeat: false
        }
    }
}

/// Ids that members under KIP-848 make for themselves (KIP-1082): random UUIDs in Kafka's base64.
enum MemberID {
    static func make(_ random: inout PRNG) -> String {
        // Version 4, variant 1, as RFC 9562 has it.
        let high = random.next() & ~0xF000 | 0x4000
        let low = random.next() & ~(0b11 << 62) | 0b10 << 62
        return UUID(high: high, low: low).description
    }
}
