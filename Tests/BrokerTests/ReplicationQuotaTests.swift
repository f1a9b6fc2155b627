import Model
import TestSupport
import Testing

@testable import Broker

@Suite("A replication quota")
struct ReplicationQuotaTests {
    private let quota = ReplicationQuota()

    private func at(_ milliseconds: Int64) -> Instant {
        Instant.zero + .seconds(100) + .milliseconds(milliseconds)
    }

    @Test func `holds nobody back while there is no rate`() {
        quota.copied(.max / 2, at: at(0))
        #expect(!quota.isExceeded(at: at(0), rate: .max))
    }

    @Test func `is used up by a second's worth, and comes back with time`() {
        #expect(!quota.isExceeded(at: at(0), rate: 1000))
        quota.copied(999, at: at(0))
        #expect(!quota.isExceeded(at: at(0), rate: 1000))
        quota.copied(1, at: at(0))
        #expect(quota.isExceeded(at: at(0), rate: 1000))
        #expect(!quota.isExceeded(at: at(10), rate: 1000))
    }

    @Test func `makes a large piece pay for itself`() {
        #expect(!quota.isExceeded(at: at(0), rate: 1000))
        quota.copied(4000, at: at(0))
        #expect(quota.isExceeded(at: at(2990), rate: 1000))
        #expect(!quota.isExceeded(at: at(3010), rate: 1000))
    }

    @Test func `saves up no more than a second's worth`() {
        #expect(!quota.isExceeded(at: at(0), rate: 1000))
        #expect(!quota.isExceeded(at: at(60_000), rate: 1000))
        quota.copied(1000, at: at(60_000))
        #expect(quota.isExceeded(at: at(60_000), rate: 1000))
    }

    @Test func `begins anew with another rate`() {
        #expect(!quota.isExceeded(at: at(0), rate: 1000))
        quota.copied(100_000, at: at(0))
        #expect(quota.isExceeded(at: at(1), rate: 1000))
        #expect(!quota.isExceeded(at: at(1), rate: 2000))
    }
}
