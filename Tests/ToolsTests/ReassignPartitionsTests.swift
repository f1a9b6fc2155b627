import Model
import TestSupport
import Testing

@testable import Client
@testable import Tools

@Suite("The reassign-partitions tool")
struct ReassignPartitionsTests {
    private func brokers(_ racks: [String?]) -> [(id: BrokerID, rack: String?)] {
        racks.enumerated().map { (BrokerID(Int32($0)), $1) }
    }

    @Test func `writes what it reads`() throws {
        let text =
            #"{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,2],"log_dirs":["any","/d"]},"#
            + #"{"topic":"t","partition":10,"replicas":[2],"log_dirs":["any"]}]}"#
        #expect(try ReassignmentPlan(parsing: text, of: "f").json == text)
        let bare = #"{"partitions":[{"topic":"t","partition":3,"replicas":[5]}]}"#
        #expect(
            try ReassignmentPlan(parsing: bare, of: "f").entries
                == [.init(TopicPartition("t", 3), [5], ["any"])])
    }

    @Test(arguments: [
        "[]", "{}", #"{"version":2,"partitions":[]}"#,
        #"{"partitions":[{"topic":"t","partition":0}]}"#,
        #"{"partitions":[{"topic":"t","partition":0,"replicas":[1],"log_dirs":[]}]}"#,
        #"{"partitions":[{"topic":"t","partition":0,"replicas":["x"]}]}"#,
        #"{"partitions":[{"topic":"t","partition":0,"replicas":[1]},{"topic":"t","partition":0,"replicas":[2]}]}"#,
    ])
    func `refuses a file that says something else`(text: String) {
        #expect(throws: ToolFailure.self) { try ReassignmentPlan(parsing: text, of: "f") }
    }

    @Test func `spreads leaders and followers evenly`() throws {
        let spread = try ReplicaSpread.replicas(
            of: 20, factor: 3, on: brokers([nil, nil, nil, nil, nil]), start: 0)
        #expect(spread.allSatisfy { Set($0).count == 3 })
        for broker in 0..<5 {
            let id = BrokerID(Int32(broker))
            #expect(spread.filter { $0[0] == id }.count == 4)
            #expect((11...13).contains(spread.filter { $0.contains(id) }.count))
        }
        #expect(throws: ToolFailure.self) {
            try ReplicaSpread.replicas(of: 1, factor: 3, on: brokers([nil, nil]), start: 0)
        }
    }

    @Test func `puts no two replicas on one rack while there are others`() throws {
        let racks = ["a", "a", "b", "b", "c", "c"]
        let spread = try ReplicaSpread.replicas(of: 12, factor: 3, on: brokers(racks), start: 5)
        for replicas in spread {
            #expect(Set(replicas.map { racks[Int($0.rawValue)] }).count == 3)
        }
    }

    @Test func `tells what moves and what does not`() {
        let entry = ReassignmentPlan.Entry(TopicPartition("t", 0), [1, 2])
        let ongoing = OngoingReassignment(
            partition: TopicPartition("t", 0), replicas: [1, 2, 3], adding: [2], removing: [3])
        #expect(
            ReassignmentRun.sentence(entry, ongoing, [1, 2, 3])
                == "Reassignment of partition t-0 is still in progress.")
        #expect(
            ReassignmentRun.sentence(entry, nil, [1, 2])
                == "Reassignment of partition t-0 is completed.")
        #expect(
            ReassignmentRun.sentence(entry, nil, [2, 1])
                == "There is no active reassignment of partition t-0, but replica set is 2,1 rather "
                + "than 1,2.")
        #expect(
            ReassignPartitions.lines([ongoing]) == [
                "Current partition reassignments:",
                "t-0: replicas: 1,2,3. adding: 2. removing: 3.",
            ])
    }

    @Test func `slows down who sends and who gets`() {
        let plan = ReassignmentPlan([
            .init(TopicPartition("t", 0), [1, 4]), .init(TopicPartition("t", 1), [2, 1]),
            .init(TopicPartition("u", 0), [3]),
        ])
        let before: [TopicPartition: [BrokerID]] = [
            TopicPartition("t", 0): [1, 2], TopicPartition("t", 1): [1, 2],
            TopicPartition("u", 0): [1, 3],
        ]
        let moves = Throttling.moves(plan, before, [:])
        #expect(moves == [.init(partition: TopicPartition("t", 0), sources: [1, 2], targets: [4])])
        let lists = Throttling.replicas(moves)
        #expect(lists.map(\.topic) == ["t"])
        #expect(lists[0].1.leaders == "0:1,0:2")
        #expect(lists[0].1.followers == "0:4")
    }

    @Test func `takes offsets to delete below`() throws {
        let text = #"{"partitions":[{"topic":"t","partition":1,"offset":-1}],"version":1}"#
        let found = try DeleteRecords.offsets(text, of: "f")
        #expect(found.map(\.partition) == [TopicPartition("t", 1)])
        #expect(found.map(\.before) == [-1])
        for wrong in [
            #"{"partitions":[{"topic":"t","partition":1,"offset":-2}]}"#, "{}",
            #"{"partitions":[{"topic":"t","partition":1}]}"#,
        ] {
            #expect(throws: ToolFailure.self) { try DeleteRecords.offsets(wrong, of: "f") }
        }
    }
}
