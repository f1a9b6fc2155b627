import Bytes
import Model
import Records
import TestSupport
import Testing
import Wire

@testable import Client
@testable import Tools

@Suite("A tool's output")
struct OutputTests {
    static let topic = TopicDescription(
        name: "orders", id: TopicID(UUID(high: 0, low: 1)), isInternal: false,
        partitions: [
            PartitionDescription(
                partition: 0, leader: 2, leaderEpoch: 5, replicas: [2, 3, 1],
                inSyncReplicas: [2, 3], eligibleLeaders: [], lastKnownEligibleLeaders: [],
                offlineReplicas: [])
        ])

    @Test func `describes a topic as Kafka does`() {
        let entry = ConfigEntry(
            name: "min.insync.replicas", value: "2", source: .staticBroker, isSensitive: false,
            isReadOnly: false, synonyms: [])
        #expect(
            TopicDescriber.topicLine(Self.topic, [entry])
                == "Topic: orders\tTopicId: AAAAAAAAAAAAAAAAAAAAAQ\tPartitionCount: 1"
                + "\tReplicationFactor: 3\tConfigs: min.insync.replicas=2")
        #expect(
            TopicDescriber.partitionLine(Self.topic.partitions[0], of: "orders")
                == "\tTopic: orders\tPartition: 0\tLeader: 2\tReplicas: 2,3,1\tIsr: 2,3\tElr: "
                + "\tLastKnownElr: ")
    }

    @Test func `describes a partition without leader as Kafka does`() {
        let lost = PartitionDescription(
            partition: 4, leader: .none, leaderEpoch: 5, replicas: [2], inSyncReplicas: [],
            eligibleLeaders: nil, lastKnownEligibleLeaders: [2], offlineReplicas: [2])
        #expect(
            TopicDescriber.partitionLine(lost, of: "t")
                == "\tTopic: t\tPartition: 4\tLeader: none\tReplicas: 2\tIsr: \tElr: N/A"
                + "\tLastKnownElr: 2")
    }

    static func replica(_ id: Int32, _ end: Int64, _ time: Int64) -> QuorumReplica {
        QuorumReplica(
            id: BrokerID(id), directoryID: DirectoryID(UUID(high: 1, low: UInt64(id))),
            logEndOffset: Offset(end), lastFetch: Timestamp(time), lastCaughtUp: Timestamp(time))
    }

    static let quorum = QuorumDescription(
        leaderID: 1, leaderEpoch: 4, highWatermark: 100,
        voters: [replica(1, 110, 5_000), replica(2, 108, 4_600)],
        observers: [replica(9, 90, 4_000)],
        endpoints: [1: [Endpoint(listener: "CONTROLLER", host: "h", port: 9093)]])

    @Test func `describes the quorum's status as Kafka does`() {
        #expect(
            MetadataQuorum.status(Self.quorum, clusterID: "abc") == [
                "ClusterId:             abc",
                "LeaderId:              1",
                "LeaderEpoch:           4",
                "HighWatermark:         100",
                "MaxFollowerLag:        2",
                "MaxFollowerLagTimeMs:  400",
                "CurrentVoters:         [{\"id\": 1, \"directoryId\": \"AAAAAAAAAAEAAAAAAAAAAQ\", "
                    + "\"endpoints\": [\"CONTROLLER://h:9093\"]}, "
                    + "{\"id\": 2, \"directoryId\": \"AAAAAAAAAAEAAAAAAAAAAg\"}]",
                "CurrentObservers:      [{\"id\": 9, \"directoryId\": \"AAAAAAAAAAEAAAAAAAAACQ\"}]",
            ])
    }

    @Test func `describes the quorum's replication as Kafka does`() {
        let lines = MetadataQuorum.replication(Self.quorum, now: 5_100, isHuman: true)
        #expect(lines.count == 4)
        #expect(
            lines[0] == "NodeId\tDirectoryId           \tLogEndOffset\tLag\tLastFetchTimestamp\t"
                + "LastCaughtUpTimestamp\tStatus  \t")
        #expect(
            lines[2] == "2     \tAAAAAAAAAAEAAAAAAAAAAg\t108         \t2  \t500 ms ago        \t"
                + "500 ms ago           \tFollower\t")
        #expect(lines[3].hasPrefix("9     "))
        #expect(lines[3].hasSuffix("Observer\t"))
    }

    @Test func `lists versions as Kafka does`() {
        let versions = NodeApiVersions(
            entries: [
                .init(key: 18, min: 0, max: 4), .init(key: 47, min: 0, max: 0),
                .init(key: 999, min: 0, max: 1), .init(key: 3, min: 50, max: 60),
            ], supportedFeatures: [:], finalizedFeatures: [:], finalizedEpoch: -1)
        let lines = BrokerApiVersions.lines(versions, isController: false)
        #expect(lines.contains("\tApiVersions(18): 0 to 4 [usable: 4]"))
        #expect(lines.contains("\tOffsetDelete(47): 0 [usable: 0]"))
        #expect(lines.contains("\tUNKNOWN(999): 0 to 1"))
        #expect(lines.contains("\tMetadata(3): 50 to 60 [unusable: node too new]"))
        #expect(lines.contains("\tProduce(0): UNSUPPORTED"))
        #expect(lines.first == "\tProduce(0): UNSUPPORTED")
    }

    @Test func `prints a record's parts in Kafka's order`() {
        var format = RecordFormat()
        format.printsTimestamp = true
        format.printsPartition = true
        format.printsOffset = true
        format.printsHeaders = true
        format.printsKey = true
        var bytes: [UInt8] = []
        format.append(
            ConsumerRecord(
                partition: TopicPartition("t", 1), offset: 7, timestamp: 99,
                timestampType: .createTime, leaderEpoch: 0, key: nil,
                value: SharedBytes(utf8: "v"),
                headers: [
                    RecordHeader("a", value: SharedBytes(utf8: "1")), RecordHeader("b", value: nil),
                ]
            ), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "CreateTime:99\tPartition:1\tOffset:7\ta:1,b:null\tnull\tv\n")
    }

    @Test func `shows configuration as Kafka does`() throws {
        let entity = try ConfigEntity(
            Arguments(["--topic", "t"], flags: ConfigEntity.shortFlags))
        let entries = [
            ConfigEntry(
                name: "retention.ms", value: "5", source: .dynamicTopic, isSensitive: false,
                isReadOnly: false,
                synonyms: [
                    .init(name: "retention.ms", value: "5", source: .dynamicTopic),
                    .init(name: "log.retention.hours", value: "168", source: .defaultValue),
                ]),
            ConfigEntry(
                name: "segment.ms", value: "6", source: .defaultValue, isSensitive: false,
                isReadOnly: false, synonyms: []),
        ]
        #expect(
            Configs.lines(entries, of: entity, named: "t", isAll: false) == [
                "Dynamic configs for topic t are:",
                "  retention.ms=5 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=5, "
                    + "DEFAULT_CONFIG:log.retention.hours=168}",
            ])
        #expect(
            Configs.lines(entries, of: entity, named: "t", isAll: true).first
                == "All configs for topic t are:")
    }
}
