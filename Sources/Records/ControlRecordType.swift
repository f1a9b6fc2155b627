/// What a control record announces: the second int16 of its key.
///
/// A struct, so that a type of a newer version survives being read; consumers skip what they do
/// not know.
package struct ControlRecordType: Hashable, Sendable, RawRepresentable {
    package let rawValue: Int16

    package init(rawValue: Int16) { self.rawValue = rawValue }

    /// End of a transaction that failed (KIP-98).
    package static let abort = ControlRecordType(rawValue: 0)
    /// End of a transaction that succeeded (KIP-98).
    package static let commit = ControlRecordType(rawValue: 1)
    /// A new leader of the metadata quorum opens its term (KIP-595).
    package static let leaderChange = ControlRecordType(rawValue: 2)
    /// First record of a metadata snapshot (KIP-630).
    package static let snapshotHeader = ControlRecordType(rawValue: 3)
    /// Last record of a metadata snapshot (KIP-630).
    package static let snapshotFooter = ControlRecordType(rawValue: 4)
    /// Version of the quorum's own protocol (KIP-853).
    package static let kraftVersion = ControlRecordType(rawValue: 5)
    /// The voters of the quorum (KIP-853).
    package static let kraftVoters = ControlRecordType(rawValue: 6)
}
