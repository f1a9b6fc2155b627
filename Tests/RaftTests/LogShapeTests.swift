import Model
import Raft
import TestSupport
import Testing

@Suite("The log's shape")
struct LogShapeTests {
    private func log(_ epochs: [(epoch: LeaderEpoch, start: Offset)], end: Offset) -> LogShape {
        var log = LogShape(configuredVoters: .empty)
        log.append(run(from: 0, epochs, end: end))
        log.synced(log.syncMark)
        return log
    }

    private func run(
        from base: Offset, _ epochs: [(epoch: LeaderEpoch, start: Offset)], end: Offset
    ) -> AppendedRun {
        AppendedRun(
            base: base, end: end,
            epochs: epochs.map { OffsetAndEpoch(offset: $0.start, epoch: $0.epoch) })
    }

    @Test func `finds where two logs part`() {
        let log = log([(1, 0), (3, 5), (4, 8)], end: 10)
        #expect(log.compare(offset: 10, epoch: 4) == .isPrefix)
        #expect(log.compare(offset: 7, epoch: 3) == .isPrefix)
        #expect(log.compare(offset: 0, epoch: 0) == .isPrefix)
        #expect(log.compare(offset: 9, epoch: 3) == .diverges(.init(offset: 8, epoch: 3)))
        #expect(log.compare(offset: 7, epoch: 2) == .diverges(.init(offset: 5, epoch: 1)))
        #expect(log.compare(offset: 12, epoch: 4) == .diverges(.init(offset: 10, epoch: 4)))
    }

    @Test func `sends followers behind its start to the snapshot`() {
        var log = log([(1, 0), (3, 5)], end: 10)
        let id = OffsetAndEpoch(offset: 5, epoch: 1)
        log.addSnapshot(.init(id: id, bytes: 100))
        #expect(log.compare(offset: 4, epoch: 1) == .isPrefix, "the log still reaches back")
        #expect(log.compare(offset: 0, epoch: 0) == .needsSnapshot(id))
        log.advanceStart(to: 5, oldest: id)
        #expect(log.compare(offset: 4, epoch: 1) == .needsSnapshot(id))
        #expect(
            log.compare(offset: 5, epoch: 3) == .needsSnapshot(id), "another history ends there")
        #expect(log.compare(offset: 5, epoch: 1) == .isPrefix)
        #expect(log.compare(offset: 9, epoch: 3) == .isPrefix)
    }

    @Test func `remembers the epoch below its start`() {
        var log = log([(1, 0), (3, 5)], end: 10)
        let id = OffsetAndEpoch(offset: 5, epoch: 1)
        log.addSnapshot(.init(id: id, bytes: 100))
        log.advanceStart(to: 5, oldest: id)
        log.truncate(to: 5)
        #expect(log.position == id)
    }

    @Test func `does not count a sync that began before a truncation`() {
        var log = log([(1, 0)], end: 4)
        log.append(run(from: 4, [(1, 4)], end: 8))
        let mark = log.syncMark
        log.truncate(to: 4)
        log.append(run(from: 4, [(2, 4)], end: 9))
        log.synced(mark)
        #expect(log.durableEnd == 4)
        log.synced(log.syncMark)
        #expect(log.isDurable)
    }

    @Test func `accepts only what continues it`() {
        let log = log([(1, 0), (3, 5)], end: 10)
        #expect(log.accepts(run(from: 10, [(3, 10)], end: 12), in: Term(3)))
        #expect(log.accepts(run(from: 10, [(3, 10), (5, 11)], end: 12), in: Term(5)))
        #expect(!log.accepts(run(from: 9, [(3, 9)], end: 12), in: Term(3)))
        #expect(!log.accepts(run(from: 10, [(2, 10)], end: 12), in: Term(3)))
        #expect(!log.accepts(run(from: 10, [(4, 10)], end: 12), in: Term(3)))
        #expect(!log.accepts(run(from: 10, [(5, 10), (4, 11)], end: 12), in: Term(5)))
        #expect(!log.accepts(run(from: 10, [], end: 10), in: Term(3)))
    }

    @Test func `brings back the voters before when their record is cut`() {
        let voter = { (id: BrokerID) in VoterSet.Voter(ReplicaKey(id), endpoints: []) }
        let configured = VoterSet([voter(1)])
        var log = LogShape(configuredVoters: configured)
        let written = VoterSet([voter(1), voter(2)])
        log.append(
            AppendedRun(
                base: 0, end: 3, epochs: [.init(offset: 0, epoch: 1)],
                voterSets: [.init(offset: 2, value: written)],
                kraftVersions: [.init(offset: 1, value: 1)]))
        #expect(log.voters.voters == written)
        #expect(log.voters.membership(before: 2) == .init(voters: nil, kraftVersion: 1))
        log.truncate(to: 2)
        #expect(log.voters.voters == configured)
        #expect(log.voters.kraftVersion == 1)
        log.truncate(to: 1)
        #expect(log.voters.kraftVersion == 0)
    }
}
