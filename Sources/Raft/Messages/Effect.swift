package import Bytes
package import Model

extension Raft {
    /// Names one request that the mind sent. Unique as long as the process runs.
    package struct RequestID: Hashable, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// Names one request that the mind was handed: the driver's, passed back with the answer.
    package struct RequestToken: Hashable, Sendable {
        package let rawValue: UInt64
        package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// A node to send to. Each is one connection with at most one request on it.
    package enum Peer: Hashable, Comparable, Sendable {
        case replica(BrokerID)
        /// The n-th of the configured bootstrap servers, whose id is not known.
        case bootstrap(Int)
    }

    /// Something for the driver to do. Effects are performed in order, each completed before the next begins;
    /// no event may be handed to the mind while any is left.
    package enum Effect: Equatable, Sendable {
        /// Write `quorum-state` and wait until it is durable: nothing after it may happen before (Raft §5).
        case persist(ElectionState)
        case send(RequestID, to: Peer, at: QuorumAddress, Request)
        /// The answer is no longer waited for: close that connection.
        case cancel(RequestID, to: Peer)
        case reply(RequestToken, Response)
        /// Read batches in `range` (no more bytes than told, at least one batch) into the answer and send it.
        case replyWithRecords(RequestToken, Response.FetchResponse, Range<Offset>, maxBytes: Int)
        /// Read `range` of the snapshot file into the answer and send it.
        case replyWithSnapshot(RequestToken, Response.FetchSnapshotResponse, Range<Int64>)
        /// Write the first batch of this leadership, then tell `appended`.
        case appendLeaderChange(LeaderChange)
        /// Write this voter set in the leader's term, then tell `appended`, or `votersNotAppended` if the disk is
        /// full.
        case appendVoters(VotersRecord)
        /// Check and append what a fetch brought, then tell `appended` or `fetchedRecordsRefused`. It must begin
        /// at the log end; batches of an epoch above the term are refused.
        case appendFetched(SharedBytes, at: Offset, term: Term)
        case truncate(to: Offset)
        /// Begin a file for a snapshot that will come in slices.
        case beginSnapshot(OffsetAndEpoch)
        case writeSnapshot(OffsetAndEpoch, position: Int64, SharedBytes)
        /// All of it is there: sync and name the file, drop the whole log, then tell `snapshotInstalled`, or
        /// `snapshotRefused` if it is damaged.
        case installSnapshot(OffsetAndEpoch, size: Int64)
        /// Throw away what was received of a snapshot.
        case abandonSnapshot(OffsetAndEpoch)
        case highWatermarkAdvanced(to: Offset)
        case leadershipChanged(LeaderAndTerm)
        /// For the log of the process.
        case report(Report)
    }

    /// What the first batch of a leadership says.
    package struct LeaderChange: Equatable, Sendable {
        package let term: Term
        package let leader: BrokerID
        package let voters: [ReplicaKey]
        package let grantedBy: [ReplicaKey]
        /// Written along by the first leader of a quorum whose voters were laid down by formatting.
        package let bootstrap: Bootstrap?

        package struct Bootstrap: Equatable, Sendable {
            package let kraftVersion: Int16
            package let voters: VoterSet
        }
    }

    /// A change of who votes, as one batch of the log.
    package struct VotersRecord: Equatable, Sendable {
        package let voters: VoterSet
        /// Written before the set where the level rises with it.
        package let kraftVersion: Int16?
    }

    /// Things that should not happen, and things an operator wants to know.
    package enum Report: Equatable, Sendable {
        /// Two nodes were named leader of one term: somebody's disk lost a vote.
        case conflictingLeaders(term: Term, known: BrokerID, claimed: BrokerID)
        /// The leader asked to cut committed records; refused.
        case truncationBelowHighWatermark(to: Offset, highWatermark: Offset)
        /// The leader offered a snapshot older than what is committed here; refused.
        case snapshotBelowHighWatermark(OffsetAndEpoch, highWatermark: Offset)
        /// A majority of voters has not fetched for too long.
        case quorumLost(Term)
        case roleChanged(from: RoleName, to: RoleName, Term)
    }
}
