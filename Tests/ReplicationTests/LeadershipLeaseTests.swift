import Model
import Testing

@testable import Replication

/// Milliseconds since the start, so that a test reads as a table of times.
private func ms(_ count: Int64) -> Instant { Instant(nanoseconds: count * 1_000_000) }

@Suite("A leader's lease")
struct LeadershipLeaseTests {
    private func lease(
        longest: Duration = .seconds(2), idleMax: Duration = .milliseconds(500)
    ) -> LeadershipLease {
        LeadershipLease(
            LeadershipLease.Terms(
                longest: longest, quorumFetchTimeout: .seconds(1), idleMax: idleMax,
                heartbeatInterval: .milliseconds(200), connectionGrace: .milliseconds(300),
                activationGrace: .milliseconds(500)))
    }

    /// Heartbeats sent every 200 ms, the last at 1000.
    private func held() -> LeadershipLease {
        var it = lease()
        for sent in stride(from: Int64(0), through: 1_000, by: 200) {
            it.heartbeatAnswered(sentAt: ms(sent))
        }
        return it
    }

    @Test func `is not there before a heartbeat was answered`() {
        #expect(!lease().isHeld(at: ms(0)))
    }

    @Test func `lasts from the sending of the last answered heartbeat`() {
        let it = held()
        #expect(it.isHeld(at: ms(1_999)))
        #expect(!it.isHeld(at: ms(2_000)))
    }

    @Test func `is no longer than the controller counts on`() {
        var it = lease(longest: .milliseconds(600))
        it.heartbeatAnswered(sentAt: ms(0))
        #expect(it.expiry == ms(600))
    }

    @Test func `leaves time for a deposed controller to fall silent`() {
        // It answers for 1.5 s, its successor is there after 1 s and fences 0.5 s later.
        var it = lease(idleMax: .milliseconds(1_500))
        it.heartbeatAnswered(sentAt: ms(0))
        #expect(it.expiry == ms(400))
    }

    @Test func `ends half a grace after the connection broke`() {
        var it = held()
        it.connectionLost(at: ms(1_050))
        #expect(it.expiry == ms(1_200))
        // Further attempts fail: the break was the first one.
        it.connectionLost(at: ms(1_100))
        #expect(it.expiry == ms(1_200))
    }

    @Test func `goes on when a heartbeat is answered on another connection`() {
        var it = held()
        it.connectionLost(at: ms(1_050))
        it.heartbeatAnswered(sentAt: ms(1_070))
        #expect(it.expiry == ms(2_070))
        it.connectionLost(at: ms(1_500))
        #expect(it.expiry == ms(1_650))
    }

    @Test func `lasts a new controller's grace if the old one's process is gone`() {
        var it = held()
        it.connectionLost(at: ms(1_050))
        it.controllerGone()
        #expect(it.expiry == ms(1_550))
        it.controllerGone()
        #expect(it.expiry == ms(1_550))
    }

    @Test func `is never made longer by bad news`() {
        var it = held()
        it.connectionLost(at: ms(1_900))
        it.controllerGone()
        #expect(it.expiry == ms(2_000))
        it = held()
        it.controllerGone()
        #expect(it.expiry == ms(2_000))
        it.controllerChanged(at: ms(1_950))
        #expect(it.expiry == ms(2_000))
    }

    @Test func `ends before a new controller may fence`() {
        var it = held()
        it.controllerChanged(at: ms(1_100))
        #expect(it.expiry == ms(1_400))
        // What is known of the old one's machine then changes nothing.
        it.connectionLost(at: ms(1_110))
        it.controllerGone()
        #expect(it.expiry == ms(1_400))
        it.heartbeatAnswered(sentAt: ms(1_200))
        #expect(it.expiry == ms(2_200))
    }

    @Test func `ends at once when the controller does not count on the broker`() {
        var it = held()
        it.lost()
        #expect(!it.isHeld(at: ms(1_000)))
        it.connectionLost(at: ms(1_000))
        it.controllerGone()
        #expect(!it.isHeld(at: ms(1_000)))
    }
}
