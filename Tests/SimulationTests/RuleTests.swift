import Model
import Simulation
import TestSupport
import Testing

@Suite("A rule of partitions is broken")
struct PartitionRuleTests {
    private let stage: CheckerStage

    init() throws {
        stage = try CheckerStage()
        stage.commit(isr: [1, 2])
    }

    @Test func `by nobody while both members have on disk what the leader commits`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 1)
        stage.see(2, leads: false, end: 1, highWatermark: 1)
        #expect(stage.broken.isEmpty)
    }

    @Test func `by a leader that commits what a member has not`() throws {
        try stage.write(1, 0)
        stage.see(1, end: 1, highWatermark: 1)
        #expect(stage.broken.contains(.committedIsDurable))
    }

    @Test func `by a leader that commits what a member has not synced`() throws {
        try stage.write(1, 0)
        try stage.write(2, 0, synced: false)
        stage.see(1, end: 1, highWatermark: 1)
        #expect(stage.broken == [.committedIsDurable])
    }

    @Test func `by a disk that lies about syncs`() throws {
        stage.disks[1].liesAboutSyncs = true
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 1)
        #expect(stage.broken == [.committedIsDurable])
    }

    @Test func `by a follower with other bytes below the high watermark`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 1)
        try stage.write(3, 0, value: "x")
        stage.see(3, leads: false, end: 1, highWatermark: 1)
        #expect(stage.broken == [.logsMatch])
    }

    @Test func `by a follower with a high watermark that no leader had`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(2, leads: false, end: 1, highWatermark: 1)
        #expect(stage.broken == [.logsMatch])
    }

    @Test func `by a new leader that lacks what was committed`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 1)
        stage.commit(isr: [3], leader: 3, epoch: 1, partitionEpoch: 1, at: 2)
        stage.see(3, epoch: 1, partitionEpoch: 1, isr: [3], end: 0, highWatermark: 0)
        #expect(stage.broken.contains(.leaderIsComplete))
    }

    @Test func `by a controller that takes an incomplete replica into the ISR or ELR`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 1)
        stage.commit(isr: [1, 2], elr: [3], partitionEpoch: 1, at: 2)
        #expect(stage.broken == [.candidatesAreComplete])
    }

    @Test func `by a member of the ISR that cuts off what is committed`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 1)
        stage.see(2, leads: false, end: 0, highWatermark: 0)
        #expect(stage.broken == [.candidatesAreComplete])
    }

    @Test func `not by a node whose disk was exchanged, until it is in the ISR again`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 1)
        stage.exchangeDisk(of: 2)
        stage.see(2, life: 2, leads: false, end: 0, highWatermark: 0)
        stage.commit(isr: [1], partitionEpoch: 1, at: 2)
        #expect(stage.broken.isEmpty)
        stage.commit(isr: [1, 2], partitionEpoch: 2, at: 3)
        #expect(stage.broken == [.candidatesAreComplete])
    }

    @Test func `not by a leader that learns late that a member's disk was exchanged`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.exchangeDisk(of: 2)
        stage.commit(isr: [1], partitionEpoch: 1, at: 2)
        stage.see(1, end: 1, highWatermark: 1)
        #expect(stage.broken.isEmpty)
    }

    @Test func `by a leader that counts on what was not on the disk that was taken out`() throws {
        try stage.write(1, 0)
        try stage.write(2, 0, synced: false)
        stage.exchangeDisk(of: 2)
        stage.commit(isr: [1], partitionEpoch: 1, at: 2)
        stage.see(1, end: 1, highWatermark: 1)
        #expect(stage.broken == [.committedIsDurable])
    }

    @Test func `not by a leader that commits in the turn in which it stands down`() throws {
        for node in 1...2 { try stage.write(node, 0) }
        stage.see(1, end: 1, highWatermark: 0)
        stage.see(1, leads: false, end: 1, highWatermark: 1)
        #expect(stage.broken.isEmpty)
        try stage.write(1, 1)
        stage.see(1, epoch: 2, end: 2, highWatermark: 1)
        stage.see(1, leads: false, epoch: 3, end: 2, highWatermark: 2)
        #expect(stage.broken == [.committedIsDurable])
    }

    @Test func `by a log that is cut and keeps an epoch of what is gone`() throws {
        for offset in 0...1 as ClosedRange<Int64> { try stage.write(2, offset, epoch: 1) }
        stage.see(2, leads: false, end: 2, highWatermark: 0, newestEpochStart: 1)
        #expect(stage.broken.isEmpty)
        stage.see(2, leads: false, end: 1, highWatermark: 0, newestEpochStart: 1)
        #expect(stage.broken == [.epochsAreOfTheLog])
    }

    @Test func `by a log that is longer in its list of epochs than on the disk`() {
        stage.see(1, end: 0, highWatermark: 0, newestEpochStart: 0)
        #expect(stage.broken.isEmpty)
        stage.see(1, end: 0, highWatermark: 0, newestEpochStart: 1)
        #expect(stage.broken == [.epochsAreOfTheLog])
    }

    @Test func `by records that are written below the recovery point`() throws {
        try stage.writeRecoveryPoint(1, 1)
        try stage.write(1, 0)
        stage.see(1, end: 1, highWatermark: 0)
        try stage.write(1, 1, synced: false)
        stage.see(1, end: 2, highWatermark: 0)
        #expect(stage.broken.isEmpty)
        try stage.writeRecoveryPoint(1, 3)
        try stage.write(1, 2, synced: false)
        stage.see(1, end: 3, highWatermark: 0)
        #expect(stage.broken == [.recoveryPointsHold])
    }

    @Test func `by two leaders of one epoch`() {
        stage.see(1, end: 0, highWatermark: 0)
        stage.see(2, end: 0, highWatermark: 0)
        #expect(stage.broken == [.oneLeaderPerLeaderEpoch])
    }

    @Test func `by a high watermark that falls`() throws {
        for offset in 0...1 { for node in 1...2 { try stage.write(node, Int64(offset)) } }
        stage.see(1, end: 2, highWatermark: 2)
        stage.see(1, end: 2, highWatermark: 1)
        #expect(stage.broken == [.highWatermarkNeverFalls])
    }

    @Test func `by a leader that counts on fewer than the controller has committed`() {
        stage.see(1, isr: [1], end: 0, highWatermark: 0)
        #expect(stage.broken == [.isrIsAsCommitted])
    }

    @Test func `by a leader that acts on a state nobody has committed`() {
        stage.see(1, partitionEpoch: 5, end: 0, highWatermark: 0)
        #expect(stage.broken == [.isrIsAsCommitted])
    }

    @Test func `by a leader that acts on an old state that nobody ever committed`() {
        stage.commit(isr: [1, 2], partitionEpoch: 7, at: 2)
        stage.see(1, partitionEpoch: 5, end: 0, highWatermark: 0)
        #expect(stage.broken == [.isrIsAsCommitted])
    }

    @Test func `by an acknowledgement before the commit`() throws {
        stage.checker.acknowledged(0, of: TopicPartition("orders", 0))
        #expect(stage.broken == [.acknowledgedIsCommitted])
    }

    @Test func `by a reader that is given what is not committed`() {
        stage.checker.wasRead(0, of: TopicPartition("orders", 0))
        #expect(stage.broken == [.readsAreCommitted])
    }

    @Test func `by a state that cannot be`() {
        stage.commit(isr: [2], leader: 1, partitionEpoch: 1, at: 2)
        #expect(stage.broken == [.partitionStatesAreValid])
    }

    @Test func `by two nodes that see other metadata at the same offset`() {
        stage.checker.observe(stage.image([1, 3], [], 1, 0, 0, 1), of: 2)
        #expect(stage.broken == [.metadataAgrees])
    }
}

@Suite("A rule of the quorum is broken")
struct QuorumRuleTests {
    private let stage: CheckerStage
    private let log = "__cluster_metadata-0"

    init() throws { stage = try CheckerStage() }

    private func commitOne() throws {
        for node in 1...2 { try stage.write(node, 0, epoch: 1, to: log) }
        stage.seeQuorum(1, highWatermark: 1)
    }

    @Test func `by nobody while a majority has what the leader commits`() throws {
        try commitOne()
        stage.seeQuorum(2, leads: false, highWatermark: 1)
        #expect(stage.broken.isEmpty)
    }

    @Test func `by a leader that commits what is only on its own disk`() throws {
        try stage.write(1, 0, epoch: 1, to: log)
        try stage.write(2, 0, epoch: 1, to: log, synced: false)
        stage.seeQuorum(1, highWatermark: 1)
        #expect(stage.broken == [.quorumCommitsOnMajority])
    }

    @Test func `by a commit that counts a voter whose disk was exchanged`() throws {
        stage.exchangeDisk(of: 2)
        try commitOne()
        #expect(stage.broken == [.quorumCommitsOnMajority])
    }

    @Test func `not by a commit that counts what was on a disk before it was taken out`() throws {
        for node in 1...2 { try stage.write(node, 0, epoch: 1, to: log) }
        stage.exchangeDisk(of: 2)
        stage.seeQuorum(1, highWatermark: 1)
        #expect(stage.broken.isEmpty)
    }

    @Test func `by two leaders of a term`() {
        stage.seeQuorum(1, highWatermark: nil)
        stage.seeQuorum(2, highWatermark: nil)
        #expect(stage.broken == [.oneLeaderPerTerm])
    }

    @Test func `by a leader that lacks what was committed`() throws {
        try commitOne()
        stage.seeQuorum(3, term: 2, highWatermark: nil)
        #expect(stage.broken == [.quorumLeaderIsComplete])
    }

    @Test func `by a follower with other bytes`() throws {
        try commitOne()
        try stage.write(3, 0, epoch: 1, value: "x", to: log)
        stage.seeQuorum(3, leads: false, highWatermark: 1)
        #expect(stage.broken == [.quorumLogsMatch])
    }

    @Test func `by a term or a high watermark that falls`() throws {
        try commitOne()
        stage.seeQuorum(1, leads: false, term: 0, highWatermark: 1)
        #expect(stage.broken == [.quorumNeverGoesBack])
        stage.seeQuorum(2, leads: false, highWatermark: 1)
        stage.seeQuorum(2, leads: false, highWatermark: 0)
        #expect(stage.checker.violations.count == 2)
    }

    @Test func `by a term or a vote that falls back on disk`() throws {
        try stage.writeElection(1, term: 4)
        try stage.writeElection(1, term: 5, voted: 2)
        try stage.writeElection(1, term: 6)
        #expect(stage.broken.isEmpty)
        try stage.writeElection(2, term: 5, voted: 2)
        try stage.writeElection(2, term: 5, voted: 1)
        #expect(stage.broken == [.termsOnDiskNeverFall])
        try stage.writeElection(3, term: 5)
        try stage.writeElection(3, term: 4)
        #expect(stage.broken.dropFirst().first == .termsOnDiskNeverFall)
    }

    @Test func `by a vote that is not synced`() throws {
        try stage.writeElection(1, term: 4, voted: 2, synced: false)
        #expect(stage.broken == [.termsOnDiskNeverFall])
    }

    @Test func `by a voter that votes for two in a term`() {
        stage.checker.heard(3, votesFor: 1, in: 5)
        stage.checker.heard(3, votesFor: 1, in: 5)
        stage.checker.heard(3, votesFor: 2, in: 6)
        #expect(stage.broken.isEmpty)
        stage.checker.heard(3, votesFor: 2, in: 5)
        #expect(stage.broken == [.oneVotePerTerm])
    }

    @Test func `by a leader that commits nothing of its own term`() throws {
        for node in 1...2 { try stage.write(node, 0, epoch: 1, to: log) }
        stage.seeQuorum(1, term: 2, highWatermark: 1)
        #expect(stage.broken == [.quorumCommitsItsTerm])
    }

    @Test func `by a voter that forgets its vote when it is restarted`() {
        stage.checker.heard(3, votesFor: 1, in: 5)
        stage.seeQuorum(3, life: 2, leads: false, term: 4, highWatermark: nil)
        #expect(stage.broken == [.votesAreRemembered])
    }

    @Test func `by a leader that goes on although it was replaced`() {
        stage.seeQuorum(1, highWatermark: nil)
        stage.seeQuorum(2, term: 2, highWatermark: nil)
        for _ in 0..<30 {
            stage.time.pass(.milliseconds(100))
            stage.seeQuorum(1, highWatermark: nil)
        }
        #expect(stage.broken == [.oldLeadersStepDown])
    }

    @Test func `not by a voter whose disk was exchanged and that is another now`() {
        stage.checker.heard(3, votesFor: 1, in: 5)
        stage.exchangeDisk(of: 3)
        stage.checker.heard(3, votesFor: 2, in: 5)
        #expect(stage.broken.isEmpty)
    }
}
