import Testing

@testable import Configuration

@Suite("The environment of a container")
struct ContainerEnvironmentTests {
    private func properties(
        _ environment: [String: String], mounted: Properties? = nil
    ) throws -> Properties {
        let properties = ContainerEnvironment.properties(
            environment: environment, mounted: mounted)
        // Whatever comes out must start a node.
        _ = try NodeConfiguration.parse(properties, hostName: "container")
        #expect(try Properties(parsing: properties.text) == properties)
        return properties
    }

    @Test func `names keys by dots, underscores and dashes`() {
        let expected: [(String, String?)] = [
            ("KAFKA_NODE_ID", "node.id"),
            ("KAFKA_LOG_RETENTION_MS", "log.retention.ms"),
            ("KAFKA_LISTENER_NAME_MY__NAME_X", "listener.name.my_name.x"),
            ("KAFKA_A___B", "a-b"),
            ("KAFKA_A____B", "a-.b"),
            ("KAFKA_HEAP_OPTS", nil), ("KAFKA_LOG4J_LOGGERS", nil), ("KAFKA_", nil),
            ("PATH", nil), ("CLUSTER_ID", nil),
        ]
        for (variable, key) in expected {
            #expect(ContainerEnvironment.key(of: variable) == key, "\(variable)")
        }
    }

    @Test func `starts one node if it says nothing`() throws {
        let it = try properties(["PATH": "/bin"])
        #expect(it["process.roles"] == "broker,controller")
        #expect(it["listeners"] == "PLAINTEXT://:9092,CONTROLLER://:9093")
        #expect(it["advertised.listeners"] == "PLAINTEXT://localhost:9092")
        #expect(it["controller.quorum.voters"] == "1@localhost:9093")
        #expect(it["offsets.topic.replication.factor"] == "1")
        #expect(it["log.dirs"] == "/var/lib/kafka/data")
    }

    @Test func `keeps the defaults of what it does not say`() throws {
        let it = try properties(["KAFKA_NODE_ID": "7", "KAFKA_NUM_PARTITIONS": "5"])
        #expect(it["node.id"] == "7" && it["num.partitions"] == "5")
        #expect(it["controller.quorum.voters"] == "7@localhost:9093")
        #expect(it["listeners"] == "PLAINTEXT://:9092,CONTROLLER://:9093")
    }

    /// As in the image's own example of three combined nodes.
    @Test func `of a cluster brings no setting of a single node`() throws {
        let it = try properties([
            "KAFKA_NODE_ID": "2", "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP":
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@kafka-1:9093,2@kafka-2:9093,3@kafka-3:9093",
            "KAFKA_LISTENERS": "PLAINTEXT://:19092,CONTROLLER://:9093,PLAINTEXT_HOST://:9092",
            "KAFKA_ADVERTISED_LISTENERS":
                "PLAINTEXT://kafka-2:19092,PLAINTEXT_HOST://localhost:39092",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        ])
        #expect(it["offsets.topic.replication.factor"] == nil)
        #expect(it["group.initial.rebalance.delay.ms"] == nil)
        #expect(it["advertised.listeners"]?.hasPrefix("PLAINTEXT://kafka-2") == true)
    }

    @Test func `of one role has the listeners of that role`() throws {
        let voters = "1@c1:9093,2@c2:9093,3@c3:9093"
        let controller = try properties([
            "KAFKA_PROCESS_ROLES": "controller", "KAFKA_CONTROLLER_QUORUM_VOTERS": voters,
        ])
        #expect(controller["listeners"] == "CONTROLLER://:9093")
        #expect(controller["advertised.listeners"] == nil)
        let broker = try properties([
            "KAFKA_PROCESS_ROLES": "broker", "KAFKA_NODE_ID": "4",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": voters,
        ])
        #expect(broker["listeners"] == "PLAINTEXT://:9092")
    }

    @Test func `goes before a mounted file, which goes before the defaults`() throws {
        let mounted = try Properties(
            parsing: """
                process.roles=broker,controller
                node.id=3
                num.partitions=2
                listeners=PLAINTEXT://:9192,CONTROLLER://:9193
                controller.listener.names=CONTROLLER
                controller.quorum.voters=3@localhost:9193
                log.dirs=/data
                """)
        let it = try properties(["KAFKA_NUM_PARTITIONS": "9"], mounted: mounted)
        #expect(it["num.partitions"] == "9" && it["node.id"] == "3")
        #expect(it["http.listener"] == nil && it["log.dirs"] == "/data")
    }

    @Test func `can name the cluster`() {
        #expect(ContainerEnvironment.clusterID(["CLUSTER_ID": "mine"]) == "mine")
        #expect(ContainerEnvironment.clusterID(["CLUSTER_ID": ""]) == "5L6g3nShT-eMCtK--X86sw")
        #expect(ContainerEnvironment.clusterID([:]).utf8.count == 22)
    }

    @Test func `survives being written to a file`() throws {
        var it = Properties()
        it["a key:with=all"] = "  C:\\dir\tand\nlines # no comment = : !"
        it["#plain"] = "größe"
        #expect(try Properties(parsing: it.text) == it)
    }
}
