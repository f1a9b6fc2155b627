package import Model

extension Raft.Request {
    /// AddRaftVoter (80), v1: an operator's tool, or a controller that joins by itself.
    package struct AddVoterRequest: Equatable, Sendable {
        package let voter: ReplicaKey
        package let endpoints: [VoterSet.Endpoint]
        /// How long the caller waits; zero if it does not say.
        package let timeout: Duration
        /// Whether the answer waits for the commit. A newcomer that asks for itself cannot: it may be needed for
        /// it.
        package let waitsForCommit: Bool

        package init(
            voter: ReplicaKey, endpoints: [VoterSet.Endpoint], timeout: Duration = .zero,
            waitsForCommit: Bool = true
        ) {
            self.voter = voter
            self.endpoints = endpoints
            self.timeout = timeout
            self.waitsForCommit = waitsForCommit
        }
    }

    /// RemoveRaftVoter (81).
    package struct RemoveVoterRequest: Equatable, Sendable {
        package let voter: ReplicaKey

        package init(voter: ReplicaKey) { self.voter = voter }
    }

    /// UpdateRaftVoter (82): a voter tells where it is and what it supports.
    package struct UpdateVoterRequest: Equatable, Sendable {
        /// The sender's; negative if it does not know.
        package let term: Term
        package let voter: VoterSet.Voter

        package init(term: Term, voter: VoterSet.Voter) {
            self.term = term
            self.voter = voter
        }
    }
}

extension Raft.Response {
    /// Answer to AddRaftVoter, RemoveRaftVoter and UpdateRaftVoter.
    package struct ChangeResponse: Equatable, Sendable {
        package let error: ErrorCode
        package let message: String?
        package let standing: Standing

        package init(error: ErrorCode = .none, message: String? = nil, standing: Standing) {
            self.error = error
            self.message = message
            self.standing = standing
        }
    }

    /// What ApiVersions (18) tells of a node that wants to vote.
    package struct FeaturesResponse: Equatable, Sendable {
        package let error: ErrorCode
        /// Levels of `kraft.version`; nil if it knows no such feature.
        package let kraftVersions: ClosedRange<Int16>?
        /// Whether it answers Vote: a broker's listener does not.
        package let takesVotes: Bool

        package init(
            error: ErrorCode = .none, kraftVersions: ClosedRange<Int16>?, takesVotes: Bool
        ) {
            self.error = error
            self.kraftVersions = kraftVersions
            self.takesVotes = takesVotes
        }
    }
}
