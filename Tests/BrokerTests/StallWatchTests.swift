import Model
import Testing

@testable import Broker

@Suite("The watch over a disk that is syncing")
struct StallWatchTests {
    /// Whether the disk was overdue at each look, in seconds. The limit is 5 s, the largest gap 2 s.
    private func verdicts(_ looks: [(busySince: Int64?, now: Int64)]) -> [Bool] {
        var watch = StallWatch(limit: .seconds(5), gapMax: .seconds(2))
        return looks.map { look in
            watch.isOverdue(
                busySince: look.busySince.map { Instant(nanoseconds: $0 * 1_000_000_000) },
                now: Instant(nanoseconds: look.now * 1_000_000_000))
        }
    }

    @Test func `finds a sync overdue that it has watched for longer than the limit`() {
        let seen = verdicts((Int64(1)...7).map { (1, $0) })
        #expect(seen == [false, false, false, false, false, false, true])
    }

    @Test func `does not blame the disk for the time in which the process was stopped`() {
        #expect(verdicts([(1, 2), (1, 60), (nil, 61)]) == [false, false, false])
    }

    @Test func `blames a disk that goes on not answering after the process was stopped`() {
        let seen = verdicts([(1, 60), (1, 61), (1, 62), (1, 63), (1, 64)])
        #expect(seen == [false, false, false, false, true])
    }

    @Test func `begins anew with each sync`() {
        #expect(!verdicts((Int64(1)...40).map { ($0 / 5 * 5, $0) }).contains(true))
    }
}
