import Model
import TestSupport
import Testing

@testable import Simulation

@Suite("Seeds of groups")
struct GroupSeedTests {
    @Test(arguments: GroupRun.Kind.allCases)
    func `break no rule, whatever their members are`(kind: GroupRun.Kind) {
        let run = GroupRun(seed: 1, kind)
        run.play()
        run.cluster.expectNoViolation()
        #expect(run.book.commitCount > 20)
        #expect(run.book.assignmentCount > 6)
    }

    @Test func `have one history each`() {
        let first = GroupRun(seed: 3)
        first.play()
        let again = GroupRun(seed: 3, records: false)
        again.play()
        #expect(first.cluster.time.trace == again.cluster.time.trace)
    }

    @Test func `notice two owners, a commit that went back, and records that were passed over`() {
        let cluster = SimulatedCluster(seed: 1)
        var broken: [Rule] = []
        let book = GroupBook(cluster.timeline) { rule, _ in broken.append(rule) }
        let place = TopicPartition("t", 0)
        book.assigned([place], to: 1)
        book.read(place, from: 0, to: 10, by: 1)
        book.committed([place: 8])
        #expect(broken.isEmpty)
        book.assigned([place], to: 2)
        #expect(broken == [.groupOwnersAreAlone])
        book.read(place, from: 7, to: 9, by: 2)
        #expect(broken == [.groupOwnersAreAlone, .groupCommitsAreKept])
        book.released([place], by: 2)
        book.assigned([place], to: 3)
        book.read(place, from: 11, to: 12, by: 3)
        #expect(broken.count == 3)
        book.read(place, from: 12, to: 13, by: 2)
        #expect(broken.count == 4)
    }
}
