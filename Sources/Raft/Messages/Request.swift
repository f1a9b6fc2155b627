package import Model

extension Raft {
    /// What replicas of the quorum ask each other. Each is one Kafka request about `__cluster_metadata-0`.
    package enum Request: Equatable, Sendable {
        case vote(VoteRequest)
        case beginEpoch(BeginEpochRequest)
        case endEpoch(EndEpochRequest)
        case fetch(FetchRequest)
        case fetchSnapshot(FetchSnapshotRequest)
        case addVoter(AddVoterRequest)
        case removeVoter(RemoveVoterRequest)
        case updateVoter(UpdateVoterRequest)
        /// ApiVersions (18): the leader asks a newcomer what it supports. Minds only send it.
        case features

        /// Vote (52), v2.
        package struct VoteRequest: Equatable, Sendable {
            /// The candidate's; not raised yet for a pre-vote.
            package let term: Term
            package let candidate: ReplicaKey
            /// Whose vote is asked for; nil from peers that do not say (v0).
            package let voter: ReplicaKey?
            /// End offset and last epoch of the candidate's log.
            package let position: OffsetAndEpoch
            package let isPreVote: Bool

            package init(
                term: Term, candidate: ReplicaKey, voter: ReplicaKey?, position: OffsetAndEpoch,
                isPreVote: Bool
            ) {
                self.term = term
                self.candidate = candidate
                self.voter = voter
                self.position = position
                self.isPreVote = isPreVote
            }
        }

        /// BeginQuorumEpoch (53), v1.
        package struct BeginEpochRequest: Equatable, Sendable {
            package let term: Term
            package let leader: BrokerID
            package let voter: ReplicaKey?
            /// The leader's; empty from peers that do not say (v0).
            package let endpoints: [VoterSet.Endpoint]

            package init(
                term: Term, leader: BrokerID, voter: ReplicaKey?, endpoints: [VoterSet.Endpoint]
            ) {
                self.term = term
                self.leader = leader
                self.voter = voter
                self.endpoints = endpoints
            }
        }

        /// EndQuorumEpoch (54), v1.
        package struct EndEpochRequest: Equatable, Sendable {
            package let term: Term
            package let leader: BrokerID
            /// Most complete log first.
            package let successors: [ReplicaKey]
            package let endpoints: [VoterSet.Endpoint]

            package init(
                term: Term, leader: BrokerID, successors: [ReplicaKey],
                endpoints: [VoterSet.Endpoint]
            ) {
                self.term = term
                self.leader = leader
                self.successors = successors
                self.endpoints = endpoints
            }
        }

        /// Fetch (1), v17 and later.
        package struct FetchRequest: Equatable, Sendable {
            package let term: Term
            /// Id -1: a consumer.
            package let replica: ReplicaKey
            /// The follower's log end, which promises that all below is on its disk.
            package let offset: Offset
            package let lastEpoch: LeaderEpoch
            /// As the follower knows it; `.none` if it does not, nil if it cannot say (before v18).
            package let highWatermark: Offset?
            package let maxWait: Duration
            package let maxBytes: Int

            package init(
                term: Term, replica: ReplicaKey, offset: Offset, lastEpoch: LeaderEpoch,
                highWatermark: Offset?, maxWait: Duration, maxBytes: Int
            ) {
                self.term = term
                self.replica = replica
                self.offset = offset
                self.lastEpoch = lastEpoch
                self.highWatermark = highWatermark
                self.maxWait = maxWait
                self.maxBytes = maxBytes
            }
        }

        /// FetchSnapshot (59).
        package struct FetchSnapshotRequest: Equatable, Sendable {
            package let term: Term
            package let replica: ReplicaKey
            package let id: OffsetAndEpoch
            package let position: Int64
            package let maxBytes: Int

            package init(
                term: Term, replica: ReplicaKey, id: OffsetAndEpoch, position: Int64, maxBytes: Int
            ) {
                self.term = term
                self.replica = replica
                self.id = id
                self.position = position
                self.maxBytes = maxBytes
            }
        }

        /// The sender's term; zero where a request is of none.
        package var term: Term {
            switch self {
            case .vote(let vote): vote.term
            case .beginEpoch(let begin): begin.term
            case .endEpoch(let end): end.term
            case .fetch(let fetch): fetch.term
            case .fetchSnapshot(let fetch): fetch.term
            case .updateVoter(let update): update.term
            case .addVoter, .removeVoter, .features: .zero
            }
        }
    }
}
