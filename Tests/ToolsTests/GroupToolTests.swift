import Bytes
import Configuration
import Model
import TestSupport
import Testing
import Wire

@testable import Client
@testable import Tools

@Suite("The tools for groups")
struct GroupToolTests {
    static let coordinator = NodeDescription(
        id: 2, address: ServerAddress(host: "h", port: 9092), rack: nil, isFenced: false)

    static func group(_ members: [GroupDescription.Member]) -> GroupDescription {
        GroupDescription(
            id: "billing", isClassic: false, state: "Stable", assignor: "uniform", epoch: 4,
            targetEpoch: 3, members: members, coordinator: coordinator)
    }

    static func member(_ id: String, _ owned: [TopicPartition]) -> GroupDescription.Member {
        GroupDescription.Member(
            id: id, instanceID: nil, clientID: "c", host: "/127.0.0.1", assignment: owned, epoch: 3,
            target: owned, isUpgraded: nil)
    }

    @Test func `list groups as Kafka does`() {
        let groups = [
            GroupListing(id: "a", protocolType: "consumer", state: "Stable", type: "Classic"),
            GroupListing(id: "b", protocolType: "", state: "Empty", type: ""),
        ]
        #expect(
            GroupReport.list(groups, types: true, states: true) == [
                "GROUP                     TYPE                 STATE               ",
                "a                         Classic              Stable              ",
                "b                         Unknown              Empty               ",
            ])
        #expect(
            Groups.table(groups) == [
                "GROUP           TYPE            PROTOCOL       ",
                "a               Classic         consumer       ",
                "b                                              ",
            ])
    }

    @Test func `show why a group rebalanced`() {
        var group = Self.group([])
        group.history = [
            GroupRebalance(
                began: Timestamp(1_767_225_600_000), took: .milliseconds(45_003),
                cause: "a member joined", member: "m-2", waitedFor: "m-1", hasTimedOut: true,
                generation: 7, memberCount: 1)
        ]
        #expect(
            GroupReport.history(group) == [
                "GROUP           BEGAN                   TOOK-MS    GENERATION #MEMBERS "
                    + "MEMBER          WAITED-FOR      CAUSE",
                "billing         2026-01-01 00:00:00:000 45003      7          1        "
                    + "m-2             m-1 (removed)   a member joined",
            ])
    }

    @Test func `show offsets and lag as Kafka does`() {
        var row = GroupReport.OffsetRow(
            group: "billing", partition: TopicPartition("orders", 3),
            committed: CommittedOffset(7, leaderEpoch: 2), logEndOffset: 10, consumerID: "m",
            host: "/127.0.0.1", clientID: "c")
        #expect(row.lag == 3)
        #expect(
            GroupReport.offsets([row], verbose: false, lagTime: false) == [
                "GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  "
                    + "LAG             CONSUMER-ID     HOST            CLIENT-ID",
                "billing         orders          3          7               10              "
                    + "3               m               /127.0.0.1      c",
            ])
        row.lagTime = 42
        let extended = GroupReport.offsets([row], verbose: true, lagTime: true)
        #expect(extended[0].contains("PARTITION  LEADER-EPOCH    CURRENT-OFFSET"))
        #expect(extended[0].hasSuffix("CLIENT-ID       LAG-SECONDS"))
        #expect(extended[1].hasSuffix("c               42"))
    }

    @Test func `show a dash for what is not known`() {
        let row = GroupReport.OffsetRow(group: "g", partition: TopicPartition("t", 0))
        let line = GroupReport.offsets([row], verbose: false, lagTime: false)[1]
        #expect(
            line.split(separator: " ").map(String.init) == [
                "g", "t", "0", "-", "-", "-", "-", "-", "-",
            ])
    }

    @Test func `show members and the group's state as Kafka does`() {
        let group = Self.group([
            Self.member(
                "m-1", [TopicPartition("u", 2), TopicPartition("t", 1), TopicPartition("t", 0)])
        ])
        let plain = GroupReport.members(group, verbose: false)
        #expect(
            plain[0]
                == "GROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     "
        )
        let verbose = GroupReport.members(group, verbose: true)
        #expect(
            verbose[1].split(separator: " ").map(String.init) == [
                "billing", "m-1", "/127.0.0.1", "c", "3", "3", "t:0,1;u:2", "3", "t:0,1;u:2",
            ])
        let state = GroupReport.state(group, verbose: true)
        #expect(
            state[1].split(separator: " ").map(String.init) == [
                "billing", "h:9092", "(2)", "uniform", "Stable", "4", "3", "1",
            ])
        #expect(state[1].contains("h:9092  (2)"))
    }

    @Test func `tell on the right stream why there is no table, or a preliminary one`() {
        #expect(GroupReport.notice(of: "g", state: "Stable") == nil)
        #expect(GroupReport.notice(of: "g", state: "Dead")?.isError == false)
        #expect(
            GroupReport.notice(of: "g", state: "Empty")
                == .init(text: "\nConsumer group 'g' has no active members.", isError: true))
        #expect(
            GroupReport.notice(of: "g", state: "Reconciling")
                == .init(text: "\nWarning: Consumer group 'g' is rebalancing.", isError: true))
    }

    @Test func `read back the csv that they write`() throws {
        let plan: OffsetResetter.Plan = [
            ("g", TopicPartition("t", 0), 5), ("h, \"i\"", TopicPartition("u", 1), 9),
        ]
        #expect(GroupReport.csv([plan[0]], groups: 1) == ["t,0,5"])
        let several = GroupReport.csv(plan, groups: 2)
        #expect(several == ["g,t,0,5", "\"h, \"\"i\"\"\",u,1,9"])
        let read = try OffsetResetter.plans(
            several.joined(separator: "\n"), groups: ["g", "h, \"i\""])
        #expect(
            read == ["g": [TopicPartition("t", 0): 5], "h, \"i\"": [TopicPartition("u", 1): 9]])
        #expect(
            try OffsetResetter.plans("t,0,5\r\n", groups: ["g"]) == [
                "g": [TopicPartition("t", 0): 5]
            ])
        #expect(throws: ToolFailure.self) {
            try OffsetResetter.plans("t,zero,5", groups: ["g"])
        }
    }

    @Test func `understand times and lengths of time as Java's tools do`() {
        #expect(TimeText.parse("1970-01-02T00:00:00.001") == Timestamp(86_400_001))
        #expect(TimeText.parse("2026-11-21T10:15:30.123Z") == Timestamp(1_795_256_130_123))
        #expect(TimeText.parse("1970-01-01T01:00:00.000+01:00") == Timestamp(0))
        #expect(TimeText.parse("1970-01-01T00:00:00-0130") == Timestamp(5_400_000))
        for text in ["", "yesterday", "1970-01-01", "1970-13-01T00:00:00", "1970-01-01T25:00:00"] {
            #expect(TimeText.parse(text) == nil, "\(text)")
        }
        #expect(DurationText.parse("PT1H30M") == .seconds(5_400))
        #expect(DurationText.parse("P2DT0.5S") == .milliseconds(172_800_500))
        #expect(DurationText.parse("-PT5M") == .seconds(-300))
        for text in ["", "P", "PT", "5M", "PT5", "P1H", "PT1M1H", "PT99999999999H", "P1DT"] {
            #expect(DurationText.parse(text) == nil, "\(text)")
        }
    }

    @Test func `take properties of a group by Kafka's names`() throws {
        var properties = Properties()
        for setting in [
            "group.protocol=CONSUMER", "enable.auto.commit=false", "group.instance.id=i",
            "partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor,sticky",
            "session.timeout.ms=6000", "auto.offset.reset=by_duration:PT1H",
        ] { try properties.override(setting) }
        var consumer = ConsumerConfiguration()
        try consumer.apply(properties)
        try consumer.apply(group: properties, named: "g")
        let group = try #require(consumer.group)
        #expect(group.groupProtocol == .consumer)
        #expect(!group.commitsAutomatically)
        #expect(group.instanceID == "i")
        #expect(group.assignors == [.range, .sticky])
        #expect(group.sessionTimeout == .seconds(6))
        #expect(consumer.offsetReset == .byDuration(.seconds(3_600)))
        try properties.override("partition.assignment.strategy=mine")
        #expect(throws: ToolFailure.self) {
            try consumer.apply(group: properties, named: "g")
        }
    }

    @Test(arguments: ["classic", "Classic", "consumer"])
    func `name a group's type as Kafka's tools do, whatever the case the broker told`(told: String)
    {
        let type = Admin.groupTypeName(told)
        #expect(["Classic", "Consumer"].contains(type))
        let group = GroupListing(id: "g", protocolType: "consumer", state: "Empty", type: type)
        #expect(Groups.isOfConsumers(group))
    }

    @Test func `take a flag's value or none`() throws {
        let flags = [Flag("state", .optional("states"), ""), Flag("list", "")]
        #expect(try Arguments(["--state", "--list"], flags: flags).value("state") == nil)
        #expect(try Arguments(["--list", "--state"], flags: flags).has("state"))
        #expect(
            try Arguments(["--state", "Empty", "--list"], flags: flags).value("state") == "Empty")
        #expect(try Arguments(["--state=Empty"], flags: flags).value("state") == "Empty")
    }
}
