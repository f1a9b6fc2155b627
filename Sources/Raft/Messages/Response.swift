package import Bytes
package import Model

extension Raft {
    /// What replicas of the quorum answer each other.
    package enum Response: Equatable, Sendable {
        case vote(VoteResponse)
        case beginEpoch(EpochResponse)
        case endEpoch(EpochResponse)
        case fetch(FetchResponse)
        case fetchSnapshot(FetchSnapshotResponse)
        case change(ChangeResponse)
        case features(FeaturesResponse)

        /// What the answering node knows of the quorum; in every answer.
        package struct Standing: Hashable, Sendable {
            package let term: Term
            package let leader: BrokerID?
            package let address: QuorumAddress?

            package init(term: Term, leader: BrokerID?, address: QuorumAddress? = nil) {
                self.term = term
                self.leader = leader
                self.address = address
            }
        }

        package struct VoteResponse: Equatable, Sendable {
            package let error: ErrorCode
            package let standing: Standing
            package let isGranted: Bool

            package init(error: ErrorCode = .none, standing: Standing, isGranted: Bool = false) {
                self.error = error
                self.standing = standing
                self.isGranted = isGranted
            }
        }

        /// Answer to BeginQuorumEpoch and EndQuorumEpoch.
        package struct EpochResponse: Equatable, Sendable {
            package let error: ErrorCode
            package let standing: Standing

            package init(error: ErrorCode = .none, standing: Standing) {
                self.error = error
                self.standing = standing
            }
        }

        package struct FetchResponse: Equatable, Sendable {
            package let error: ErrorCode
            package let standing: Standing
            /// `.none` while unknown.
            package let highWatermark: Offset
            package let logStart: Offset
            package let outcome: Outcome

            /// What a Fetch brought.
            package enum Outcome: Equatable, Sendable {
                /// Batches from the fetch offset on, perhaps none. A leader's mind leaves them empty, and says
                /// in the effect what the driver is to read.
                case records(SharedBytes)
                /// The largest epoch that both logs may share, and its end at the leader.
                case diverging(OffsetAndEpoch)
                /// Fetch this snapshot first.
                case snapshot(OffsetAndEpoch)
            }

            package init(
                error: ErrorCode = .none, standing: Standing, highWatermark: Offset = .none,
                logStart: Offset = .none, outcome: Outcome = .records(.empty)
            ) {
                self.error = error
                self.standing = standing
                self.highWatermark = highWatermark
                self.logStart = logStart
                self.outcome = outcome
            }
        }

        package struct FetchSnapshotResponse: Equatable, Sendable {
            package let error: ErrorCode
            package let standing: Standing
            package let id: OffsetAndEpoch
            /// Length of the whole snapshot.
            package let size: Int64
            package let position: Int64
            /// Left empty by a leader's mind; the effect says what the driver is to read.
            package let bytes: SharedBytes

            package init(
                error: ErrorCode = .none, standing: Standing, id: OffsetAndEpoch, size: Int64 = 0,
                position: Int64 = 0, bytes: SharedBytes = .empty
            ) {
                self.error = error
                self.standing = standing
                self.id = id
                self.size = size
                self.position = position
                self.bytes = bytes
            }
        }

        package var standing: Standing {
            switch self {
            case .vote(let answer): answer.standing
            case .beginEpoch(let answer), .endEpoch(let answer): answer.standing
            case .fetch(let answer): answer.standing
            case .fetchSnapshot(let answer): answer.standing
            case .change(let answer): answer.standing
            case .features: Standing(term: .zero, leader: nil)
            }
        }

        package var error: ErrorCode {
            switch self {
            case .vote(let answer): answer.error
            case .beginEpoch(let answer), .endEpoch(let answer): answer.error
            case .fetch(let answer): answer.error
            case .fetchSnapshot(let answer): answer.error
            case .change(let answer): answer.error
            case .features(let answer): answer.error
            }
        }
    }
}
