import Model
import Testing

@testable import Configuration

@Suite("A node's configuration")
struct NodeConfigurationTests {
    static let combined = """
        process.roles=broker,controller
        node.id=1
        listeners=PLAINTEXT://:9092,CONTROLLER://:9093
        advertised.listeners=PLAINTEXT://localhost:9092
        controller.listener.names=CONTROLLER
        controller.quorum.voters=1@localhost:9093,2@localhost:9193,3@localhost:9293
        log.dirs=/data/a, /data/b
        """

    private func parse(_ changes: String...) throws -> NodeConfiguration {
        var properties = try Properties(parsing: Self.combined)
        for change in changes {
            if change.hasPrefix("-") {
                properties[String(change.dropFirst())] = nil
            } else {
                try properties.override(change)
            }
        }
        return try NodeConfiguration.parse(properties, hostName: "here")
    }

    /// The names that a configuration with these changes is refused for.
    private func refusals(_ changes: String...) throws -> [String] {
        var properties = try Properties(parsing: Self.combined)
        for change in changes {
            if change.hasPrefix("-") {
                properties[String(change.dropFirst())] = nil
            } else {
                try properties.override(change)
            }
        }
        do {
            _ = try NodeConfiguration.parse(properties, hostName: "here")
            return []
        } catch {
            return error.problems.map(\.name)
        }
    }

    @Test func `of both roles serves brokers and controllers`() throws {
        let node = try parse()
        #expect(node.nodeID == BrokerID(1))
        #expect(node.isBroker && node.isController)
        #expect(node.brokerListeners.map(\.description) == ["PLAINTEXT://:9092"])
        #expect(node.advertisedListeners.map(\.description) == ["PLAINTEXT://localhost:9092"])
        #expect(node.controllerListeners.map(\.port) == [9093])
        #expect(node.advertisedControllerListeners.map(\.description) == ["CONTROLLER://here:9093"])
        #expect(node.interBrokerListener == "PLAINTEXT")
        #expect(node.staticVoters.map(\.id.rawValue) == [1, 2, 3])
        #expect(node.logDirectories == ["/data/a", "/data/b"])
        #expect(node.metadataDirectory == "/data/a")
        #expect(node.warnings == [])
        #expect(node.electionTimeout == .milliseconds(300))
        #expect(node.brokerSession == .seconds(2))
        #expect(node.httpListener == HostAndPort(host: "127.0.0.1", port: 9644))
    }

    @Test func `of a broker needs no controller's listener`() throws {
        let node = try parse(
            "process.roles=broker", "listeners=PLAINTEXT://:9092", "node.id=7")
        #expect(node.controllerListeners.isEmpty)
        #expect(node.isBroker && !node.isController)
    }

    @Test func `of a controller advertises nothing to clients`() throws {
        let node = try parse(
            "process.roles=controller", "listeners=CONTROLLER://:9093", "-advertised.listeners")
        #expect(node.advertisedListeners.isEmpty)
        #expect(node.advertisedControllerListeners.count == 1)
    }

    @Test func `may find its quorum by bootstrap servers`() throws {
        let node = try parse(
            "-controller.quorum.voters", "controller.quorum.bootstrap.servers=a:9093,[::1]:9093")
        #expect(node.bootstrapServers.map(\.description) == ["a:9093", "[::1]:9093"])
    }

    @Test func `takes the old name of its id`() throws {
        #expect(try parse("-node.id", "broker.id=2").nodeID == BrokerID(2))
        #expect(try refusals("broker.id=2") == ["broker.id"])
    }

    @Test func `is refused without what it must say`() throws {
        #expect(
            try refusals("-process.roles", "-node.id") == ["process.roles", "node.id", "listeners"])
        #expect(try refusals("-controller.listener.names").first == "controller.listener.names")
        #expect(try refusals("process.roles=boss") == ["process.roles", "listeners"])
    }

    @Test func `is refused when roles and listeners disagree`() throws {
        #expect(try refusals("listeners=PLAINTEXT://:9092") == ["listeners"])
        #expect(try refusals("process.roles=broker", "node.id=9") == ["listeners"])
        #expect(
            try refusals("process.roles=controller", "-advertised.listeners") == ["listeners"])
        #expect(
            try refusals("listeners=CONTROLLER://:9093", "-advertised.listeners") == ["listeners"])
    }

    @Test func `is refused when roles and voters disagree`() throws {
        #expect(try refusals("node.id=4") == ["controller.quorum.voters"])
        #expect(
            try refusals("process.roles=broker", "listeners=PLAINTEXT://:9092")
                == ["controller.quorum.voters"])
        #expect(
            try refusals("-controller.quorum.voters") == ["controller.quorum.bootstrap.servers"])
        #expect(
            try refusals("controller.quorum.voters=1@localhost:9093,1@localhost:9193")
                == ["controller.quorum.voters"])
        #expect(
            try refusals("controller.quorum.voters=localhost:9093") == ["controller.quorum.voters"])
    }

    @Test func `is refused for addresses nobody can use`() throws {
        #expect(
            try refusals("advertised.listeners=PLAINTEXT://0.0.0.0:9092") == [
                "advertised.listeners"
            ])
        #expect(
            try refusals(
                "-advertised.listeners", "listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093")
                == ["advertised.listeners"])
        #expect(
            try refusals("advertised.listeners=OTHER://localhost:9092").contains(
                "advertised.listeners"))
        #expect(
            try refusals("listeners=PLAINTEXT://:9092,CONTROLLER://:9092") == ["listeners"])
        #expect(
            try refusals("listeners=PLAINTEXT://localhost,CONTROLLER://:9093").contains("listeners")
        )
        #expect(
            try refusals("listeners=PLAINTEXT://:9092,PLAINTEXT://:9094,CONTROLLER://:9093")
                == ["listeners"])
    }

    @Test func `lets one port serve both address families`() throws {
        let node = try parse(
            "listeners=PLAINTEXT://127.0.0.1:9092,SIX://[::1]:9092,CONTROLLER://:9093",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SIX:PLAINTEXT,CONTROLLER:PLAINTEXT")
        #expect(node.brokerListeners.count == 2)
    }

    @Test func `is refused for a listener without protocol`() throws {
        #expect(
            try refusals("listeners=OUTSIDE://:9092,CONTROLLER://:9093", "-advertised.listeners")
                .contains("listener.security.protocol.map"))
    }

    @Test func `is refused for what would silently not protect`() throws {
        #expect(
            try refusals(
                "listeners=SSL://:9092,CONTROLLER://:9093", "advertised.listeners=SSL://here:9092",
                "security.inter.broker.protocol=SSL") == ["listeners"])
        #expect(
            try refusals(
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                == ["authorizer.class.name"])
    }

    @Test func `is refused for an inter-broker listener it does not have`() throws {
        #expect(try refusals("inter.broker.listener.name=INSIDE") == ["inter.broker.listener.name"])
        #expect(
            try refusals("inter.broker.listener.name=CONTROLLER") == ["inter.broker.listener.name"])
    }

    @Test func `is refused for a session of less than three heartbeats`() throws {
        #expect(try refusals("broker.session.timeout.ms=500") == ["broker.session.timeout.ms"])
        #expect(
            try parse("broker.heartbeat.interval.ms=1000").brokerSession == .seconds(3),
            "a session that nobody set follows the heartbeat")
    }

    @Test func `reports all that is wrong at once`() throws {
        let names = try refusals("num.partitions=0", "log.segment.bytes=1", "node.id=4")
        #expect(Set(names) == ["num.partitions", "log.segment.bytes", "controller.quorum.voters"])
    }

    @Test func `warns of an unknown name and names the nearest`() throws {
        let node = try parse("num.partition=3", "zookeeper.connect=a:2181")
        #expect(
            node.warnings.map(\.description) == [
                "num.partition: unknown configuration, did you mean num.partitions?",
                "zookeeper.connect: unknown configuration, there is no ZooKeeper any more",
            ])
    }

    @Test func `answers every typed question from an empty file's defaults`() throws {
        let node = try parse()
        #expect(node.rack == nil)
        #expect(node.electionBackoffMax == .seconds(1))
        #expect(node.quorumFetchTimeout == .seconds(1))
        #expect(node.quorumRequestTimeout == .seconds(2))
        #expect(node.quorumRetryBackoff == .milliseconds(20))
        #expect(node.quorumAppendLinger == .milliseconds(25))
        #expect(node.quorumFetchMaxBytes == 1 << 20)
        #expect(node.quorumSnapshotFetchMaxBytes == 1 << 20)
        #expect(node.snapshotAfterBytes == 20 << 20)
        #expect(node.snapshotInterval == .hours(1))
        #expect(node.noOpInterval == .milliseconds(500))
        #expect(node.heartbeatInterval == .milliseconds(200))
        #expect(node.registrationTimeout == .seconds(60))
        #expect(node.replicaLagTimeMax == .seconds(30))
        #expect(node.replicaFetchWaitMax == .milliseconds(500))
        #expect(node.replicaFetchMinBytes == 1)
        #expect(node.replicaFetchMaxBytes == 1 << 20)
        #expect(node.replicaFetchResponseMaxBytes == 10 << 20)
        #expect(node.replicaFetchBackoff == .seconds(1))
        #expect(node.requestMaxBytes == 100 << 20)
        #expect(node.connectionsMaxIdle == .minutes(10))
        #expect(node.connectionsMax == Int(Int32.max))
        #expect(node.connectionsMaxPerAddress == Int(Int32.max))
        #expect(node.defaultPartitions == 1)
        #expect(node.defaultReplicationFactor == 1)
        #expect(node.createsTopicsOnDemand)
        #expect(node.allowsTopicDeletion)
        #expect(node.flushStall == .seconds(5))
        #expect(node.recoveryPointInterval == .minutes(1))
        #expect(node.logStartCheckpointInterval == .minutes(1))
        #expect(node.highWatermarkCheckpointInterval == .seconds(5))
        #expect(node.producerIDExpiration == .hours(24))
        #expect(try parse("http.listener=").httpListener == nil)
    }
}
