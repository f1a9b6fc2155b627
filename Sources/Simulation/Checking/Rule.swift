/// What must hold whatever happens, by name: a failed seed tells the first that was broken.
///
/// Numbers in brackets are those of the public models: Q of the quorum, R of replication.
package enum Rule: String, CaseIterable, Sendable {
    // The quorum, from the state of each node after each turn of its metadata loop.
    /// A term has one leader (Q1).
    case oneLeaderPerTerm
    /// A voter votes once in a term, across its lives, itself included: judged by votes that were heard (Q7).
    case oneVotePerTerm
    /// What a voter was heard to vote for it knows in its next life (Q7, Q8).
    case votesAreRemembered
    /// The term on a voter's disk never falls, and a vote there is not forgotten within its term (Q8).
    case termsOnDiskNeverFall
    /// Nobody raises the term before a majority has said that it would vote for it (KIP-996, Q12).
    case candidatesAskFirst
    /// Who was replaced as the leader of the quorum stops leading in time (Q13).
    case oldLeadersStepDown
    /// A node's term and high watermark never fall in one life (Q6, Q8).
    case quorumNeverGoesBack
    /// What is committed is durable on a majority of the voters, the moment it is (Q4).
    case quorumCommitsOnMajority
    /// A leader commits entries of earlier terms only together with one of its own (Q11).
    case quorumCommitsItsTerm
    /// Below their high watermarks all metadata logs are the same, byte for byte (Q2, R7).
    case quorumLogsMatch
    /// A new leader of the quorum has everything that was committed before (Q3).
    case quorumLeaderIsComplete

    // The metadata, from the images of the nodes.
    /// Two nodes that have applied the same offset have the same metadata, whether from the log or from a
    /// snapshot (Q14).
    case metadataAgrees
    /// ISR, eligible replicas and leader of each partition are possible together (R1, R10).
    case partitionStatesAreValid
    /// No fenced broker is in an ISR (R10).
    case fencedAreNotInSync

    // Partitions, from the state of each replica after each turn of its loop, and from the disks.
    /// Who was fenced and replaced holds no lease: its own word (`acks=1`) is worth nothing.
    case fencedHoldNoLease
    /// A leader epoch of a partition has one leader.
    case oneLeaderPerLeaderEpoch
    /// A leader's high watermark never falls while it leads (Q6).
    case highWatermarkNeverFalls
    /// A leader counts on the ISR that the controller has committed, and no other (R5, R13).
    case isrIsAsCommitted
    /// What a leader commits is durable on every member of the ISR, the moment it is (R2).
    case committedIsDurable
    /// Below their high watermarks all replicas are the same, byte for byte (R6).
    case logsMatch
    /// A new leader has everything that was below a high watermark before (R4).
    case leaderIsComplete
    /// No epoch of a log begins behind its end: what is cut off takes its epochs with it (KIP-101).
    case epochsAreOfTheLog
    /// What is written below the recovery point of the checkpoint file is on the disk: a recovery takes it at its word.
    case recoveryPointsHold
    /// Every member of the ISR or ELR holds everything that is committed (R2, R3).
    case candidatesAreComplete

    /// A bit that a disk forgot is got back from other replicas, in bounded time.
    case damageIsRepaired

    // What clients see.
    /// A request that names another leader epoch than the leader's is refused (KIP-320, R13).
    case epochsAreFenced
    /// What `acks=all` acknowledged was committed before.
    case acknowledgedIsCommitted
    /// What a reader is given is committed (R9).
    case readsAreCommitted
    /// What was acknowledged is there, at its offset.
    case acknowledgedIsKept
    /// One offset is acknowledged for one record.
    case offsetsAreUnique
    /// Nothing is there that nobody sent.
    case onlyWhatWasSent
    /// Records of an idempotent producer are there once, and in the order of sending.
    case onceAndInOrder
    /// A reader's offsets rise.
    case offsetsRise
    /// What was read at an offset is read there again, and never vanishes (R9).
    case readsAreConsistent

    // Groups, from what their members see.
    /// No partition has two owners at once, and who reads it owns it.
    case groupOwnersAreAlone
    /// A new owner begins where the group has committed: never before what was acknowledged, and nothing
    /// is passed over.
    case groupCommitsAreKept
    /// After the last fault the members share all partitions and read everything, in bounded time.
    case groupSettles

    // The run.
    /// After the last fault everything serves again, in bounded time (R12, Q15).
    case comesBack
    /// Nothing spins.
    case ends
}

/// A rule that was broken, and how.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package let rule: Rule
    package let cause: String

    package var description: String { "\(rule.rawValue): \(cause)" }
}

/// The rules that were broken, in the order in which that was seen.
final class Violations {
    /// Violations that are kept.
    static let countMax = 20

    private(set) var list: [Violation] = []
    /// Called for each.
    var whenBroken: (Violation) -> Void = { _ in }

    func report(_ rule: Rule, _ cause: String) {
        let violation = Violation(rule: rule, cause: cause)
        guard list.count < Self.countMax, !list.contains(violation) else { return }
        list.append(violation)
        whenBroken(violation)
    }
}
