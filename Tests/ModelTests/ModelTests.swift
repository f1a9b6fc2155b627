import Testing

@testable import Model

@Suite("The model")
struct ModelTests {
    @Test func `a UUID reads what it shows`() throws {
        #expect(TopicID.metadata.description == "AAAAAAAAAAAAAAAAAAAAAQ")
        var chance = PRNG(seed: 7)
        for _ in 0..<200 {
            let id = UUID.random { chance.next() }
            #expect(UUID(id.description) == id)
            #expect(!id.description.hasPrefix("-"))
        }
        for text in [
            "", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAB",
        ] {
            #expect(UUID(text) == nil)
        }
    }

    @Test func `every error code is named once`() {
        #expect(ErrorCode.table.count == 138)
        #expect(Set(ErrorCode.table.values.map(\.name)).count == 138)
        #expect(ErrorCode.notLeaderOrFollower.name == "NOT_LEADER_OR_FOLLOWER")
        #expect(ErrorCode.notLeaderOrFollower.advice == .refreshAndRetry)
        #expect(ErrorCode(rawValue: 999).name == "UNKNOWN(999)")
    }

    @Test func `one seed is one sequence`() {
        var a = PRNG(seed: 42)
        var b = PRNG(seed: 42)
        var c = PRNG(seed: 43)
        let first = (0..<10).map { _ in a.next() }
        #expect(first == (0..<10).map { _ in b.next() })
        #expect(first != (0..<10).map { _ in c.next() })
        for _ in 0..<100 {
            let drawn = a.jittered(.milliseconds(300))
            #expect(drawn >= .milliseconds(300) && drawn < .milliseconds(600))
        }
    }

    @Test func `instants bear limits of for ever`() {
        let now = Instant(nanoseconds: 5)
        #expect(now + .milliseconds(Int64.max) == .distantFuture)
        #expect(Instant(nanoseconds: -5) - .milliseconds(Int64.max) == Instant(nanoseconds: .min))
        #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
        #expect(Instant.distantFuture - Instant(nanoseconds: .min) == .nanoseconds(Int64.max))
        #expect(now + .seconds(1) - now == .seconds(1))
    }
}
