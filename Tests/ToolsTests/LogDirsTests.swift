import Model
import TestSupport
import Testing

@testable import Client
@testable import Tools

@Suite("The log-dirs tool")
struct LogDirsTests {
    private let directories = [
        LogDirectoryDescription(
            path: "/d/\"one\"", error: .none, totalBytes: 10, usableBytes: 5,
            replicas: [
                .init(partition: TopicPartition("t", 0), size: 12, offsetLag: 0, isFuture: false),
                .init(partition: TopicPartition("u", 3), size: 0, offsetLag: 7, isFuture: true),
            ]),
        LogDirectoryDescription(
            path: "/d/two", error: .kafkaStorageError, totalBytes: nil, usableBytes: nil,
            replicas: []),
    ]

    @Test func `writes one line as Kafka's does`() {
        #expect(
            LogDirs.json([(1, directories)], topics: [])
                == #"{"version":1,"brokers":[{"broker":1,"logDirs":[{"logDir":"/d/\"one\"","error":null,"#
                + #""partitions":[{"partition":"t-0","size":12,"offsetLag":0,"isFuture":false},"#
                + #"{"partition":"u-3","size":0,"offsetLag":7,"isFuture":true}]},{"logDir":"/d/two","#
                + #""error":"org.apache.kafka.common.errors.KafkaStorageException","partitions":[]}]}]}"#
        )
    }

    @Test func `shows the topics asked for only`() {
        let shown = LogDirs.json([(1, directories)], topics: ["u"])
        #expect(shown.contains("u-3"))
        #expect(!shown.contains("t-0"))
    }

    @Test func `takes brokers in any order, each once`() throws {
        #expect(try LogDirs.brokers("3,1,3", of: "broker-list") == [1, 3])
        #expect(try LogDirs.brokers(nil, of: "broker-list") == [])
        for wrong in ["x", "-1", "1;2"] {
            #expect(throws: ToolFailure.self) { try LogDirs.brokers(wrong, of: "broker-list") }
        }
    }
}
