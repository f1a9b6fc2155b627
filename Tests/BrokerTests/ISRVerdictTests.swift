import Model
import Testing
import WireMessages

@testable import Broker

@Suite("The controller's answer to an ISR change")
struct ISRVerdictTests {
    private func verdict(_ error: ErrorCode) -> ISRVerdict {
        var data = AlterPartitionResponse.PartitionData()
        data.errorCode = error
        return ISRVerdict(data)
    }

    @Test func `drops the change only where it was certainly not made`() {
        #expect(verdict(.ineligibleReplica) == .notMade)
        #expect(verdict(.operationNotAttempted) == .notMade)
        #expect(verdict(.invalidRequest) == .notMade)
    }

    @Test func `waits for the metadata where a newer state may hold the change`() {
        // The first answer may have been lost: the second attempt then finds a newer state.
        #expect(verdict(.invalidUpdateVersion) == .overtaken)
        #expect(verdict(.fencedLeaderEpoch) == .overtaken)
        // The change was made, and moved the leadership.
        #expect(verdict(.newLeaderElected) == .overtaken)
    }

    @Test func `asks again where the change was not looked at`() {
        #expect(verdict(.notController) == .again)
        #expect(verdict(.unknownServerError) == .again)
    }
}
