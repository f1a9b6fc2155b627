import Simulation
import Testing

@Suite("Seeds")
struct SeedTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `of faults break no rule`(seed: UInt64) {
        let run = FaultRun(seed: seed)
        run.play()
        #expect(run.workloads[0].history.acknowledgedCount > 100)
        run.cluster.expectNoViolation()
    }

    @Test func `have one history each`() {
        let first = FaultRun(seed: 21)
        first.play()
        let again = FaultRun(seed: 21)
        again.play()
        #expect(first.cluster.time.trace == again.cluster.time.trace)
        let other = FaultRun(seed: 22)
        other.play()
        #expect(first.cluster.time.trace != other.cluster.time.trace)
    }
}
