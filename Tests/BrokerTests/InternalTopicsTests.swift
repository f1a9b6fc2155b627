import Configuration
import Testing
import WireMessages

@testable import Broker

@Suite("A topic that is made because somebody asks for it")
struct InternalTopicsTests {
    private func made(_ name: String, _ lines: [String: String] = [:]) -> [String: String] {
        let request = InternalTopics.request(to: name, BrokerSettings(fromFile: lines))
        var facts = ["partitions": "\(request.numPartitions)"]
        facts["replicas"] = "\(request.replicationFactor)"
        for config in request.configs { facts[config.name] = config.value }
        return facts
    }

    @Test func `has the shape that its coordinator needs, if brokers keep it for themselves`() {
        #expect(
            made("__consumer_offsets") == [
                "partitions": "50", "replicas": "3", "cleanup.policy": "compact",
                "compression.type": "producer", "segment.bytes": "104857600",
            ])
        #expect(
            made("__transaction_state", ["transaction.state.log.min.isr": "1"]) == [
                "partitions": "50", "replicas": "3", "cleanup.policy": "compact",
                "compression.type": "uncompressed", "segment.bytes": "104857600",
                "min.insync.replicas": "1", "unclean.leader.election.enable": "false",
            ])
        let lines = ["share.coordinator.state.topic.num.partitions": "4"]
        #expect(
            made("__share_group_state", lines) == [
                "partitions": "4", "replicas": "3", "cleanup.policy": "delete",
                "compression.type": "producer", "segment.bytes": "104857600",
                "min.insync.replicas": "2", "retention.ms": "-1",
            ])
    }

    @Test func `has the defaults, if it is any other`() {
        #expect(made("orders") == ["partitions": "-1", "replicas": "-1"])
    }
}
