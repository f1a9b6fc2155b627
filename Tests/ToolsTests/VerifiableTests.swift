import Bytes
import Model
import Records
import TestSupport
import Testing

@testable import Client
@testable import Tools

@Suite("A verifiable client")
struct VerifiableTests {
    static let orders = TopicPartition("orders", 3)

    func plan(_ words: String...) throws -> VerifiablePlan {
        try VerifiablePlan(
            Arguments(["--topic", "orders"] + words, flags: VerifiableProducer.flags))
    }

    static func record(
        _ partition: TopicPartition, _ offset: Offset, key: SharedBytes? = nil
    ) -> ConsumerRecord {
        ConsumerRecord(
            partition: partition, offset: offset, timestamp: 0, timestampType: .createTime,
            leaderEpoch: 1, key: key, value: SharedBytes(utf8: "7"), headers: [])
    }

    @Test func `tells of a record that was written`() throws {
        let place = RecordMetadata(partition: Self.orders, offset: 12, appendTime: .none)
        let (name, members) = VerifiableProducerRun.outcome(of: 7, .success(place), try plan())
        #expect(
            VerifiableEvent.line(name, at: 5, members)
                == #"{"timestamp":5,"name":"producer_send_success","key":null,"value":"7","#
                + #""topic":"orders","partition":3,"offset":12}"#)
    }

    @Test func `tells of a record that was not written, and why`() throws {
        let error = ClientError.refused(.notEnoughReplicas, message: "too \"few\"")
        let (name, members) = VerifiableProducerRun.outcome(
            of: 7, .failure(error), try plan("--value-prefix", "9", "--repeating-keys", "5"))
        #expect(
            VerifiableEvent.line(name, at: 5, members)
                == #"{"timestamp":5,"name":"producer_send_error","exception":"class "#
                + #"org.apache.kafka.common.errors.NotEnoughReplicasException","#
                + #""message":"too \"few\"","topic":"orders","key":"2","value":"9.7"}"#)
    }

    @Test func `names exceptions as Java's client does`() {
        let errors = "org.apache.kafka.common.errors."
        #expect(
            ClientError.refused(.invalidTopicException, message: nil).javaClass
                == "class \(errors)InvalidTopicException")
        #expect(
            ClientError.recordTooLarge(size: 2, limit: 1).javaClass
                == "class \(errors)RecordTooLargeException")
    }

    @Test func `tells what it has read, by partition`() {
        let other = TopicPartition("orders", 1)
        let members = VerifiableConsumerRun.consumed([
            Self.record(Self.orders, 4), Self.record(Self.orders, 6), Self.record(other, 0),
        ])
        #expect(
            VerifiableEvent.line("records_consumed", at: 5, members)
                == #"{"timestamp":5,"name":"records_consumed","count":3,"partitions":["#
                + #"{"topic":"orders","partition":1,"count":1,"minOffset":0,"maxOffset":0},"#
                + #"{"topic":"orders","partition":3,"count":2,"minOffset":4,"maxOffset":6}]}"#)
        #expect(
            VerifiableEvent.line(
                "record_data", at: 5,
                VerifiableEvent.record(
                    Self.record(Self.orders, 4, key: [0xff])))
                == "{\"timestamp\":5,\"name\":\"record_data\",\"key\":\"\u{fffd}\",\"value\":\"7\","
                + "\"topic\":\"orders\",\"partition\":3,\"offset\":4}")
    }

    @Test func `writes no faster than it may, and with the times it shall`() throws {
        let plan = try plan("--throughput", "10", "--message-create-time", "1000")
        #expect(plan.allowed(after: .zero) == 1)
        #expect(plan.allowed(after: .milliseconds(950)) == 10)
        #expect(plan.record(3, after: .milliseconds(40)).timestamp == 1_040)
        #expect(plan.limit == nil)
    }

    @Test(arguments: [
        ["--max-messages", "-2"], ["--throughput", "0"], ["--repeating-keys", "0"],
    ])
    func `refuses numbers that make no sense`(_ words: [String]) {
        #expect(throws: ToolFailure.self) {
            try VerifiablePlan(
                Arguments(["--topic", "orders"] + words, flags: VerifiableProducer.flags))
        }
    }
}

@Suite("The latency test")
struct EndToEndLatencyTests {
    func load(_ words: String...) throws -> LatencyLoad {
        try LatencyLoad(
            Arguments(
                ["--topic", "t", "--num-records", "5", "--record-size", "3"] + words,
                flags: EndToEndLatency.flags))
    }

    @Test func `makes records of the sizes asked for`() throws {
        var random = PRNG(seed: 1)
        let record = try load(
            "--producer-acks", "1", "--record-key-size", "2", "--num-headers", "2",
            "--record-header-key-size", "4", "--record-header-size", "-1"
        ).record(&random)
        #expect(record.value?.count == 3)
        #expect(record.key?.count == 2)
        #expect(record.headers.map(\.key.count) == [4, 4])
        #expect(record.headers.allSatisfy { $0.value == nil })
    }

    @Test func `asks for an acknowledgement`() {
        #expect(throws: ToolFailure.self) { try load("--producer-acks", "0") }
    }

    @Test func `accepts only the record that was written`() throws {
        let sent = ProducerRecord(topic: "orders", value: SharedBytes(utf8: "7"))
        let found = VerifiableTests.record(VerifiableTests.orders, 3)
        try LatencyLoad.check([found], against: sent)
        let others = [
            [], [found, found], [VerifiableTests.record(VerifiableTests.orders, 3, key: [1])],
        ]
        for read in others {
            #expect(throws: ToolFailure.self) { try LatencyLoad.check(read, against: sent) }
        }
    }

    @Test func `ends with average and percentiles`() {
        var latencies = LatencyHistogram()
        latencies.add(1.5)
        latencies.add(2.5)
        #expect(
            LatencyLoad.summary(latencies) == [
                "Avg latency: 2.0000 ms", "Percentiles: 50th = 1, 99th = 2, 99.9th = 2",
            ])
    }
}
