import Model
import TestSupport
import Testing

@testable import Broker

@Suite("Work at a bounded rate")
struct WorkRateTests {
    private func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func `is paid for in turn by all who do it`() {
        let rate = WorkRate()
        #expect(rate.spend(500, at: at(1000), rate: 1000) == at(1500))
        #expect(rate.spend(1000, at: at(1100), rate: 1000) == at(2500))
        #expect(rate.spend(250, at: at(2000), rate: 1000) == at(2750))
        // Time in which nothing was done is not saved up.
        #expect(rate.spend(100, at: at(9000), rate: 1000) == at(9100))
    }

    @Test func `takes no longer than a minute, however slow the rate`() {
        let rate = WorkRate()
        #expect(rate.spend(1 << 30, at: at(0), rate: 0) == at(60_000))
        #expect(rate.spend(0, at: at(0), rate: 5e300) == at(60_000))
        #expect(rate.spend(1 << 30, at: at(70_000), rate: .infinity) == at(70_000))
    }
}
