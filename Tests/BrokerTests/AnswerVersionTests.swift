import Bytes
import Model
import TestSupport
import Testing
import Wire
import WireMessages

@testable import Broker
@testable import Raft

@Suite("Answers in the older versions of their requests")
struct AnswerVersionTests {
    @Test(arguments: DescribeQuorumResponse.validVersions)
    func `the quorum is described in every version`(version: Int16) throws {
        let key = ReplicaKey(BrokerID(1), DirectoryID(UUID(high: 7, low: 9)))
        let replica = QuorumDescription.Replica(
            key: key, logEnd: Offset(12), lastFetch: .none, lastCaughtUp: .none)
        let quorum = QuorumDescription(
            leader: BrokerID(1), term: Term(3), highWatermark: Offset(11), voters: [replica],
            observers: [replica], nodes: VoterSet([]))
        let response = DescribeQuorumHandler.response(quorum, version: version)
        let frame = try encodeResponse(response, version: version, correlationID: 1)
        #expect(frame.count > 4)
        let shown = response.topics[0].partitions[0]
        for state in shown.currentVoters + shown.observers {
            #expect((state.replicaDirectoryID == .zero) == (version < 2))
        }
    }

    @Test(
        arguments: [
            (-1, 0), (-2, 0), (-3, 7), (-4, 8), (-5, 9), (-6, 11), (-7, nil), (-99, nil), (0, 0),
        ] as [(Int64, Int16?)])
    func `a special position has a first version`(timestamp: Int64, version: Int16?) {
        #expect(ListOffsetsHandler.Position.firstVersion(of: timestamp) == version)
    }
}
