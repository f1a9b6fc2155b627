package import Model

/// A wish for another finalized level of a feature (KIP-584, KIP-778).
package struct FeatureUpdate: Hashable, Sendable {
    /// What the asker accepts to lose. The raw values are the protocol's.
    package enum Kind: Int8, Sendable {
        /// Up only.
        case upgrade = 1
        /// Down, if nothing is lost.
        case safeDowngrade = 2
        /// Down, whatever is lost.
        case unsafeDowngrade = 3
    }

    package let feature: String
    package let level: Int16
    /// Nil for a kind that this build does not know: refused.
    package let kind: Kind?

    package init(_ feature: String, to level: Int16, _ kind: Kind?) {
        self.feature = feature
        self.level = level
        self.kind = kind
    }
}

/// What the quorum knows and its metadata does not say.
package struct QuorumMembership: Hashable, Sendable {
    /// The level of `kraft.version`, which the quorum keeps in control records of its own.
    package let kraftVersion: Int16
    package let voters: [BrokerID]
    /// Why the level cannot be raised by one at the moment; nil if it can.
    package let upgradeRefusal: String?

    package init(kraftVersion: Int16, voters: [BrokerID], upgradeRefusal: String? = nil) {
        self.kraftVersion = kraftVersion
        self.voters = voters
        self.upgradeRefusal = upgradeRefusal
    }
}
