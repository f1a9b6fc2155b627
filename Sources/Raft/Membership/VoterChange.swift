import Model

/// The one change of the voters that a leader works on (KIP-853).
///
/// It is asked for, proposed at the end of an event, written by the driver, and done once the new majority
/// holds it. Only an addition begins with a question to the newcomer.
struct VoterChange: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        /// The newcomer is asked what it supports.
        case asking(ReplicaKey, endpoints: [VoterSet.Endpoint])
        case proposed(Raft.VotersRecord)
        /// The driver has it.
        case writing
        case written(at: Offset)
    }

    /// Who waits for the answer; nil for a change of the leader's own.
    let token: Raft.RequestToken?
    /// Or once it is written.
    let waitsForCommit: Bool
    var step: Step
    let deadline: Instant
}

extension VoterSet {
    /// With one voter more. Its id is new.
    func adding(_ voter: Voter) -> VoterSet { VoterSet(voters + [voter]) }

    func removing(_ key: ReplicaKey) -> VoterSet { VoterSet(voters.filter { $0.key != key }) }

    /// With the newest that `voter` says of itself; nil if it is not a member, or says nothing new.
    func updating(_ voter: Voter) -> VoterSet? {
        guard let known = self[voter.key.id], known.matches(voter.key), known != voter else {
            return nil
        }
        return VoterSet(voters.map { $0.key.id == voter.key.id ? voter : $0 })
    }
}
