internal import Client

/// How a producer writes, and so what it is promised.
package enum ProducerKind: String, CaseIterable, Sendable {
    /// Idempotent, `acks=all`: what is acknowledged is kept, once and in order.
    case exact
    /// `acks=all` without sequence numbers: what is acknowledged is kept, maybe twice.
    case repeating
    /// `acks=1`: the leader has it.
    case quick
    /// `acks=0`: sent.
    case blind

    /// What was acknowledged is kept.
    package var isKept: Bool { self == .exact || self == .repeating }
    /// Records are there once, in the order of sending.
    package var isOnceAndInOrder: Bool { self == .exact }

    var configuration: ProducerConfiguration {
        var configuration = ProducerConfiguration()
        configuration.linger = .milliseconds(1)
        configuration.deliveryTimeout = .seconds(60)
        configuration.isIdempotent = self == .exact
        switch self {
        case .exact, .repeating: configuration.acks = .all
        case .quick: configuration.acks = .leader
        case .blind: configuration.acks = .none
        }
        return configuration
    }
}
