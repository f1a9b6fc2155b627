import Model
import TestSupport
import Testing

@testable import Replication

func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

func state(
    leader: BrokerID = 1, epoch: LeaderEpoch = 3, partitionEpoch: PartitionEpoch = 7,
    replicas: [BrokerID] = [1, 2, 3], isr: [BrokerID] = [1, 2, 3], recovering: Bool = false
) -> AssignedState {
    AssignedState(
        leader: leader, leaderEpoch: epoch, partitionEpoch: partitionEpoch, replicas: replicas,
        inSyncReplicas: isr, isRecovering: recovering)
}

func leader(
    _ assigned: AssignedState = state(), end: Offset = 0, highWatermark: Offset = 0,
    minInSync: Int = 2
) -> LeaderReplica {
    LeaderReplica(
        id: 1, state: assigned, logEnd: end, durableEnd: end, highWatermark: highWatermark,
        minInSync: minInSync, now: at(0))
}

@Suite("The lowest start of a partition's logs")
struct LowestLogStartTests {
    @Test func `is known once every replica that is up has told its own`() {
        var it = leader(end: 9)
        #expect(it.lowestLogStart(own: 5) { _ in true } == .none)
        it.followerTold(2, logStart: 5)
        #expect(it.lowestLogStart(own: 5) { _ in true } == .none)
        #expect(it.lowestLogStart(own: 5) { $0 == 2 } == 5)
        it.followerTold(3, logStart: 3)
        #expect(it.lowestLogStart(own: 5) { _ in true } == 3)
        it.followerTold(3, logStart: 6)
        #expect(it.lowestLogStart(own: 5) { _ in true } == 5)
        it.followerTold(9, logStart: 1)
        #expect(it.lowestLogStart(own: 5) { _ in true } == 5)
    }

    @Test func `lifts a follower's high watermark above it`() {
        var it = FollowerReplica(
            state: state(), logEnd: 9, acknowledgedEnd: 4, highWatermark: 2)
        let hasMoved = it.logStartAdvanced(to: 6)
        #expect(hasMoved)
        #expect(it.highWatermark == 6)
        #expect(it.acknowledgedEnd == 6)
        let hasMovedAgain = it.logStartAdvanced(to: 6)
        #expect(!hasMovedAgain)
    }
}

@Suite("The replica near a consumer")
struct NearReplicaTests {
    /// Follower 2 holds all, follower 3 less; both begin at 4.
    private func stage() -> LeaderReplica {
        var it = leader(end: 20)
        for (id, end) in [(BrokerID(2), Offset(20)), (3, 12)] {
            _ = it.followerFetched(id, brokerEpoch: 10, from: end, isEligible: true, now: at(1))
            it.followerTold(id, logStart: 4)
        }
        return it
    }

    @Test func `is the one that holds most`() {
        #expect(stage().nearReplica(holding: 8) { _ in true } == 2)
        #expect(stage().nearReplica(holding: 8) { $0 == 3 } == 3)
        #expect(stage().nearReplica(holding: 8) { _ in false } == nil)
    }

    @Test func `holds what is asked for`() {
        #expect(stage().nearReplica(holding: 13) { $0 == 3 } == nil)
        #expect(stage().nearReplica(holding: 3) { _ in true } == nil)
        #expect(leader(end: 20).nearReplica(holding: 0) { _ in true } == nil)
    }

    @Test func `is among equals the one that was caught up last, then the first`() {
        var it = stage()
        _ = it.followerFetched(3, brokerEpoch: 10, from: 20, isEligible: true, now: at(1))
        #expect(it.nearReplica(holding: 8) { _ in true } == 2)
        _ = it.followerFetched(3, brokerEpoch: 10, from: 20, isEligible: true, now: at(2))
        #expect(it.nearReplica(holding: 8) { _ in true } == 3)
    }
}

@Suite("The leader's high watermark")
struct LeaderHighWatermarkTests {
    private func fetch(
        _ leader: inout LeaderReplica, _ id: BrokerID, from offset: Offset, now: Instant = at(1)
    ) -> FollowerFetchOutcome {
        leader.followerFetched(id, brokerEpoch: 10, from: offset, isEligible: true, now: now)
    }

    @Test func `advances only when every in-sync replica holds the record on disk`() {
        var it = leader()
        it.appended(upTo: 5)
        #expect(fetch(&it, 2, from: 5) == .recorded(highWatermarkMoved: false, change: nil))
        #expect(fetch(&it, 3, from: 4) == .recorded(highWatermarkMoved: false, change: nil))
        // Followers have it, but the leader's own sync is still running.
        #expect(it.highWatermark == 0)
        #expect(it.acknowledgedBySelf(upTo: 5) == true)
        #expect(it.highWatermark == 4)
        #expect(fetch(&it, 3, from: 5) == .recorded(highWatermarkMoved: true, change: nil))
        #expect(it.highWatermark == 5)
    }

    @Test func `never falls when a follower's fetch offset does`() {
        var it = leader()
        it.appended(upTo: 5)
        _ = it.acknowledgedBySelf(upTo: 5)
        _ = fetch(&it, 2, from: 5)
        _ = fetch(&it, 3, from: 5)
        #expect(it.highWatermark == 5)
        _ = fetch(&it, 3, from: 2)
        #expect(it.highWatermark == 5)
    }

    @Test func `waits for a member that has not fetched in this leadership`() {
        var it = leader(end: 9, highWatermark: 6)
        it.appended(upTo: 10)
        _ = it.acknowledgedBySelf(upTo: 10)
        _ = fetch(&it, 2, from: 10)
        #expect(it.highWatermark == 6)
        #expect(!it.isHighWatermarkCurrent)
        _ = fetch(&it, 3, from: 10)
        #expect(it.highWatermark == 10)
        #expect(it.isHighWatermarkCurrent)
    }

    @Test func `counts both ISRs while a change is out`() {
        var it = leader(state(isr: [1, 2]))
        it.appended(upTo: 5)
        _ = it.acknowledgedBySelf(upTo: 5)
        guard case .recorded(_, let change?) = fetch(&it, 3, from: 0) else {
            Issue.record("a follower at the high watermark asks to join")
            return
        }
        #expect(change.members.map(\.id) == [1, 2, 3])
        #expect(change.members.map(\.brokerEpoch) == [.none, .none, 10])
        // 3 is not in the ISR yet, but the controller may already count on it.
        #expect(fetch(&it, 2, from: 5) == .recorded(highWatermarkMoved: false, change: nil))
        it.changeFailed(change)
        #expect(fetch(&it, 2, from: 5) == .recorded(highWatermarkMoved: true, change: nil))
        #expect(it.highWatermark == 5)
    }

    @Test func `does not move with a shrink before the controller agreed`() {
        var it = leader()
        it.appended(upTo: 5)
        _ = it.acknowledgedBySelf(upTo: 5)
        _ = fetch(&it, 2, from: 5, now: at(40))
        let change = it.shrinkIfLagging(maxLag: .seconds(30), now: at(41))
        #expect(change?.members.map(\.id) == [1, 2])
        #expect(it.highWatermark == 0)
        #expect(it.stateChanged(state(partitionEpoch: 8, isr: [1, 2]), now: at(41)) == true)
        #expect(it.highWatermark == 5)
        #expect(it.pendingChange == nil)
    }

    /// A leader that has asked to go on without the third replica, which has fetched nothing.
    private func shrinking() -> LeaderReplica {
        var it = leader()
        it.appended(upTo: 5)
        _ = it.acknowledgedBySelf(upTo: 5)
        _ = fetch(&it, 2, from: 5, now: at(40))
        _ = it.shrinkIfLagging(maxLag: .seconds(30), now: at(41))
        return it
    }

    /// The controller may know of a higher minimum, for which it keeps who left eligible.
    @Test func `waits for a member that left until the metadata has told of it`() {
        var it = shrinking()
        let shrunk = state(partitionEpoch: 8, isr: [1, 2])
        #expect(it.stateChanged(shrunk, isAnswer: true, now: at(41)) == false)
        #expect(it.inSyncReplicas == [1, 2])
        #expect(it.leaving == [3])
        #expect(it.stateChanged(state(partitionEpoch: 7), now: at(41)) == false)
        #expect(it.leaving == [3])
        #expect(it.minInSyncChanged(to: 3) == false)
        #expect(it.stateChanged(shrunk, now: at(41)) == false)
        #expect(it.leaving == [])
        #expect(it.highWatermark == 0)
        #expect(it.minInSyncChanged(to: 2) == true)
        #expect(it.highWatermark == 5)
    }

    @Test func `moves with a shrink as soon as the metadata has told of it`() {
        var it = shrinking()
        let shrunk = state(partitionEpoch: 8, isr: [1, 2])
        _ = it.stateChanged(shrunk, isAnswer: true, now: at(41))
        #expect(it.stateChanged(shrunk, now: at(41)) == true)
        #expect(it.highWatermark == 5)
    }

    @Test func `stands still below the minimum of in-sync replicas`() {
        var it = leader(state(isr: [1]))
        it.appended(upTo: 5)
        #expect(it.acknowledgedBySelf(upTo: 5) == false)
        #expect(!it.hasEnoughInSync)
        #expect(it.minInSyncChanged(to: 1) == true)
        #expect(it.highWatermark == 5)
    }

    @Test func `does not count a fetch from beyond its own end`() {
        var it = leader(state(isr: [1, 2]))
        #expect(fetch(&it, 3, from: 99) == .recorded(highWatermarkMoved: false, change: nil))
        #expect(it.acknowledgedEnd(of: 3) == nil)
    }
}

@Suite("The leader's ISR")
struct LeaderISRTests {
    @Test func `lets nobody in below the start of its epoch`() {
        var it = leader(state(isr: [1, 2]), end: 9, highWatermark: 4)
        let early = it.followerFetched(3, brokerEpoch: 10, from: 8, isEligible: true, now: at(1))
        #expect(early == .recorded(highWatermarkMoved: false, change: nil))
        let reached = it.followerFetched(3, brokerEpoch: 10, from: 9, isEligible: true, now: at(1))
        guard case .recorded(_, .some) = reached else {
            Issue.record("the follower holds everything now")
            return
        }
    }

    @Test func `lets no fenced broker in, and no old registration count`() {
        var it = leader(state(isr: [1, 2]))
        let fenced = it.followerFetched(3, brokerEpoch: 10, from: 0, isEligible: false, now: at(1))
        #expect(fenced == .recorded(highWatermarkMoved: false, change: nil))
        #expect(
            it.followerFetched(3, brokerEpoch: 9, from: 0, isEligible: true, now: at(1))
                == .staleBroker)
        #expect(
            it.followerFetched(8, brokerEpoch: 9, from: 0, isEligible: true, now: at(1))
                == .unknownReplica)
    }

    @Test func `takes the replica list of a state whose rest it knows, and goes on waiting`() {
        var it = leader(state(isr: [1, 2]))
        _ = it.followerFetched(3, brokerEpoch: 10, from: 0, isEligible: true, now: at(1))
        #expect(it.pendingChange != nil)
        let moved = it.stateChanged(state(replicas: [1, 2, 3, 4], isr: [1, 2]), now: at(2))
        #expect(!moved)
        #expect(it.replicas == [1, 2, 3, 4])
        #expect(it.pendingChange != nil)
    }

    @Test func `asks for one change at a time`() {
        var it = leader(state(isr: [1]), minInSync: 1)
        _ = it.followerFetched(2, brokerEpoch: 10, from: 0, isEligible: true, now: at(1))
        #expect(it.pendingChange?.members.map(\.id) == [1, 2])
        let second = it.followerFetched(3, brokerEpoch: 10, from: 0, isEligible: true, now: at(1))
        #expect(second == .recorded(highWatermarkMoved: false, change: nil))
        #expect(it.shrinkIfLagging(maxLag: .seconds(1), now: at(60)) == nil)
    }

    @Test func `asks to be led by another, and counts on all until that is agreed`() {
        var it = leader(end: 5)
        for id in [2, 3] as [BrokerID] {
            _ = it.followerFetched(id, brokerEpoch: 10, from: 5, isEligible: true, now: at(1))
        }
        #expect(it.highWatermark == 5)
        #expect(it.handOver(to: 1) == nil)
        #expect(it.handOver(to: 9) == nil)
        let change = it.handOver(to: 3)
        #expect(change?.members.map(\.id) == [3, 2])
        #expect(it.handOver(to: 2) == nil)
        // The controller may refuse: what only the others have is not committed.
        it.appended(upTo: 6)
        _ = it.followerFetched(2, brokerEpoch: 10, from: 6, isEligible: true, now: at(2))
        _ = it.followerFetched(3, brokerEpoch: 10, from: 6, isEligible: true, now: at(2))
        #expect(it.highWatermark == 5)
        if let change { it.changeFailed(change) }
        #expect(it.inSyncReplicas == [1, 2, 3])
        #expect(it.handOver(to: 2)?.members.map(\.id) == [2, 3])
    }

    @Test func `keeps a follower that is caught up though silent about new data`() {
        var it = leader()
        _ = it.followerFetched(2, brokerEpoch: 10, from: 0, isEligible: true, now: at(1))
        _ = it.followerFetched(3, brokerEpoch: 10, from: 0, isEligible: true, now: at(1))
        #expect(it.shrinkIfLagging(maxLag: .seconds(30), now: at(100)) == nil)
        it.appended(upTo: 1)
        #expect(it.shrinkIfLagging(maxLag: .seconds(30), now: at(100))?.members.map(\.id) == [1])
    }

    @Test func `ignores an older state and stays alone while recovering`() {
        var it = leader(state(isr: [1], recovering: true), minInSync: 1)
        #expect(it.stateChanged(state(partitionEpoch: 6, isr: [1, 2]), now: at(1)) == false)
        #expect(it.inSyncReplicas == [1])
        _ = it.followerFetched(2, brokerEpoch: 10, from: 0, isEligible: true, now: at(1))
        #expect(it.pendingChange == nil)
        #expect(it.recoveryFinished()?.isRecovering == false)
    }
}

@Suite("A follower")
struct FollowerReplicaTests {
    private func follower(end: Offset, highWatermark: Offset = 0) -> FollowerReplica {
        FollowerReplica(
            state: state(leader: 2), logEnd: end, acknowledgedEnd: end, highWatermark: highWatermark
        )
    }

    @Test func `promises only what is synced`() {
        var it = follower(end: 3)
        it.appended(upTo: 8)
        #expect(it.acknowledgedEnd == 3)
        it.acknowledged(upTo: 8)
        #expect(it.acknowledgedEnd == 8)
    }

    @Test func `shows at most what it holds`() {
        var it = follower(end: 3)
        #expect(it.leaderHighWatermark(5) == true)
        #expect(it.highWatermark == 3)
        #expect(it.leaderHighWatermark(2) == false)
        #expect(it.highWatermark == 3)
    }

    @Test func `cuts where both histories may still agree`() {
        let it = follower(end: 20)
        let same = it.truncationPoint(
            divergingEpoch: 2, leaderEnd: 12, ownEpoch: 2, ownEnd: 15)
        #expect(same == 12)
        let shorter = it.truncationPoint(
            divergingEpoch: 2, leaderEnd: 18, ownEpoch: 2, ownEnd: 15)
        #expect(shorter == 15)
        let older = it.truncationPoint(
            divergingEpoch: 2, leaderEnd: 12, ownEpoch: 1, ownEnd: 10)
        #expect(older == 10)
        let unknown = it.truncationPoint(
            divergingEpoch: .none, leaderEnd: 0, ownEpoch: .none, ownEnd: .none)
        #expect(unknown == 0)
    }

    @Test func `forgets what a truncation cut`() {
        var it = follower(end: 20, highWatermark: 9)
        it.truncated(to: 7)
        #expect(it.logEnd == 7)
        #expect(it.acknowledgedEnd == 7)
        #expect(it.highWatermark == 7)
        it.restarted(at: 100)
        #expect(it.acknowledgedEnd == 100)
    }
}
