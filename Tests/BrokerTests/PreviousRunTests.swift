import Model
import TestSupport
import Testing

@testable import Broker

@Suite("A broker that starts")
struct PreviousRunTests {
    private let dead = UUID(high: 2, low: 2)

    private func noted(_ epoch: Int64, _ attempt: UUID? = nil) -> RegistrationNote? {
        RegistrationNote(BrokerEpoch(epoch), attempt: attempt)
    }

    @Test func `brings the registration that all its directories name`() {
        let run = PreviousRun([noted(5), noted(5)])
        #expect(run.epoch == 5)
        #expect(run.attempt == nil)
    }

    @Test func `brings none if one directory is new, or names another`() {
        #expect(PreviousRun([noted(5), nil]).epoch == .none)
        #expect(PreviousRun([noted(5), noted(6)]).epoch == .none)
        #expect(PreviousRun([nil]).epoch == .none)
    }

    @Test func `goes on with a registration that its predecessor did not live to hear of`() {
        let run = PreviousRun([noted(5, dead), noted(5, dead)])
        #expect(run.epoch == 5)
        #expect(run.attempt == dead)
    }

    @Test func `begins anew where its directories are not of one mind`() {
        #expect(PreviousRun([noted(5, dead), noted(5)]).attempt == nil)
        let run = PreviousRun([noted(5, dead), noted(6)])
        #expect(run.attempt == nil)
        #expect(run.epoch == .none)
    }

    @Test func `brings nothing once something durable is gone`() {
        var run = PreviousRun([noted(5, dead)])
        run.damaged()
        #expect(run.epoch == .none)
        #expect(run.attempt == nil)
    }
}
