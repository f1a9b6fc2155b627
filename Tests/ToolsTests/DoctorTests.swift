import Configuration
import Model
import TestSupport
import Testing

@testable import Client
@testable import Tools

@Suite("The doctor")
struct DoctorTests {
    static func node(_ id: BrokerID, isFenced: Bool = false) -> NodeDescription {
        NodeDescription(
            id: id, address: ServerAddress(host: "h", port: UInt16(9090 + id.rawValue)), rack: nil,
            isFenced: isFenced)
    }

    static func voter(_ id: BrokerID, fetched: Timestamp) -> QuorumReplica {
        QuorumReplica(
            id: id, directoryID: DirectoryID(UUID(high: 0, low: 7)), logEndOffset: 5,
            lastFetch: fetched, lastCaughtUp: fetched)
    }

    static func quorum(_ fetches: [Timestamp], leader: BrokerID = 1) -> QuorumDescription {
        QuorumDescription(
            leaderID: leader, leaderEpoch: 3, highWatermark: 5,
            voters: fetches.enumerated().map {
                voter(BrokerID(Int32($0.offset + 1)), fetched: $0.element)
            },
            observers: [], endpoints: [:])
    }

    /// Three brokers in good health, with one topic of one partition.
    static func facts(_ change: (inout ClusterFacts) -> Void = { _ in }) -> ClusterFacts {
        var facts = ClusterFacts(
            cluster: ClusterDescription(
                clusterID: "c", controllerID: 1, nodes: [node(1), node(2), node(3)]),
            quorum: .success(quorum([100_000, 99_900, 99_950])), now: 100_100)
        facts.reach = [1: .answers, 2: .answers, 3: .answers]
        facts.topics = [topic()]
        change(&facts)
        return facts
    }

    static func topic(
        leader: BrokerID = 1, replicas: [BrokerID] = [1, 2, 3], isr: [BrokerID] = [1, 2, 3],
        eligible: [BrokerID] = [], offline: [BrokerID] = [], minInSync: Int = 2
    ) -> ClusterFacts.Topic {
        let partition = PartitionDescription(
            partition: 0, leader: leader, leaderEpoch: 4, replicas: replicas, inSyncReplicas: isr,
            eligibleLeaders: eligible, lastKnownEligibleLeaders: [], offlineReplicas: offline)
        return .init(
            description: TopicDescription(
                name: "t", id: TopicID(UUID(high: 0, low: 1)), isInternal: false,
                partitions: [partition]), minInSync: minInSync, allowsUncleanElection: false)
    }

    @Test func `says what it could not look at`() {
        let blind = Self.facts {
            $0.topics = []
            $0.topicsFailure = .timedOut(
                operation: "listing topics", limit: .seconds(3), cause: nil)
        }
        #expect(checks(blind) == ["error topics-unknown"])
    }

    func checks(_ facts: ClusterFacts) -> [String] {
        Diagnosis.findings(facts).map { "\($0.severity.rawValue) \($0.check)" }
    }

    @Test func `finds nothing in a healthy cluster`() {
        #expect(checks(Self.facts()) == [])
    }

    @Test func `tells which advertised addresses do not lead to their brokers`() {
        let found = Diagnosis.listeners(
            Self.facts {
                $0.reach = [1: .silent(reason: "refused"), 2: .otherCluster("x"), 3: .otherNode]
            })
        #expect(found.map(\.check) == Array(repeating: "advertised-listener", count: 3))
        #expect(found[0].evidence == "h:9091: refused")
        #expect(found[1].evidence == "h:9092 belongs to cluster x, broker 2 to c")
    }

    @Test func `tells a broker that is fenced`() {
        let facts = Self.facts { facts in
            facts.cluster = ClusterDescription(
                clusterID: "c", controllerID: 1,
                nodes: [Self.node(1), Self.node(2), Self.node(3, isFenced: true)])
        }
        #expect(checks(facts) == ["error fenced-broker"])
    }

    @Test func `counts the voters that follow`() {
        let one = Self.facts { $0.quorum = .success(Self.quorum([100_000, 50_000, 99_950])) }
        #expect(checks(one) == ["error quorum-majority"])
        let five = [100_000, 50_000, 99_950, 99_950, 99_950].map { Timestamp($0) }
        #expect(
            checks(Self.facts { $0.quorum = .success(Self.quorum(five)) })
                == ["warning quorum-majority"])
        let four = [Timestamp](repeating: 100_000, count: 4)
        #expect(
            checks(Self.facts { $0.quorum = .success(Self.quorum(four)) })
                == ["warning quorum-size"])
        let none = Self.facts {
            $0.quorum = .failure(.timedOut(operation: "x", limit: .seconds(1), cause: nil))
        }
        #expect(checks(none) == ["error quorum-majority"])
    }

    @Test func `says whom a partition without leader waits for`() {
        let facts = Self.facts { facts in
            facts.cluster = ClusterDescription(
                clusterID: "c", controllerID: 1, nodes: [Self.node(1), Self.node(2)])
            facts.topics = [Self.topic(leader: .none, isr: [], eligible: [3], offline: [3])]
        }
        let found = Diagnosis.leaderless(facts)
        #expect(found.map(\.evidence) == ["t-0 wait for broker 3"])
        #expect(
            Diagnosis.leaderless(
                Self.facts { $0.topics = [Self.topic(leader: .none, isr: [], eligible: [])] }
            ).map(\.check) == ["leaderless"])
    }

    @Test func `says why a replica is not in sync`() {
        func causes(_ change: (inout ClusterFacts) -> Void) -> [String] {
            Diagnosis.underReplicated(
                Self.facts {
                    $0.topics = [Self.topic(isr: [1, 2], offline: [3])]
                    change(&$0)
                }
            ).map(\.what)
        }
        let gone = causes {
            $0.cluster = ClusterDescription(
                clusterID: "c", controllerID: 1, nodes: [Self.node(1), Self.node(2)])
        }
        #expect(gone.count == 1 && gone[0].contains("not in the cluster"))
        let fenced = causes {
            $0.cluster = ClusterDescription(
                clusterID: "c", controllerID: 1,
                nodes: [Self.node(1), Self.node(2), Self.node(3, isFenced: true)])
        }
        #expect(fenced.count == 1 && fenced[0].contains("down or starting"))
        let failed = causes {
            $0.directories = [
                .init(
                    broker: 3,
                    result: .success([
                        LogDirectoryDescription(
                            path: "/d", error: .kafkaStorageError, totalBytes: nil,
                            usableBytes: nil, replicas: [])
                    ]))
            ]
        }
        #expect(failed.count == 1 && failed[0].contains("has failed"))
        let behind = causes { $0.topics = [Self.topic(isr: [1, 2])] }
        #expect(behind.count == 1 && behind[0].contains("does not keep up"))
    }

    @Test func `tells that writes are refused`() {
        #expect(
            checks(Self.facts { $0.topics = [Self.topic(isr: [1])] })
                == ["warning under-replicated", "warning under-replicated", "error below-min-isr"])
    }

    @Test func `compares numbers of replicas with brokers`() {
        let facts = Self.facts { facts in
            facts.numbers = [
                .init(broker: 1, settings: ["default.replication.factor": 4]),
                .init(broker: 2, settings: ["default.replication.factor": 3]),
            ]
            facts.topics = [Self.topic(replicas: [1], isr: [1], minInSync: 1)]
        }
        #expect(checks(facts) == ["error replication-factor", "warning replication-factor"])
        #expect(
            checks(Self.facts { $0.topics = [Self.topic(minInSync: 3)] })
                == ["warning min-insync-replicas"])
        #expect(
            checks(Self.facts { $0.topics = [Self.topic(minInSync: 4)] })
                == ["warning min-insync-replicas"])
    }

    @Test func `tells disks that are nearly full, and those that failed`() {
        func directory(_ usable: Int64, _ error: ErrorCode = .none) -> LogDirectoryDescription {
            LogDirectoryDescription(
                path: "/d", error: error, totalBytes: 1000, usableBytes: usable, replicas: [])
        }
        let facts = Self.facts {
            $0.directories = [
                .init(broker: 1, result: .success([directory(500), directory(90), directory(20)])),
                .init(broker: 2, result: .success([directory(500, .kafkaStorageError)])),
                .init(broker: 3, result: .failure(.closed)),
            ]
        }
        #expect(
            checks(facts) == ["warning disk-space", "error disk-space", "error failed-directory"])
    }

    @Test func `compares clocks`() {
        #expect(checks(Self.facts { $0.now = 110_000 }) == ["warning clock-skew"])
        let ahead = Self.facts { $0.newestTimes = [(TopicPartition("t", 0), 200_000)] }
        #expect(checks(ahead) == ["warning clock-skew"])
    }
}

@Suite("The doctor's report")
struct DoctorReportTests {
    let warning = Finding(.warning, "a", "What.", evidence: "seen", remedy: "do")
    let error = Finding(.error, "b", "Worse.", evidence: "\"seen\"", remedy: "do")
    let note = Finding(.note, "c", "Note.", evidence: "seen", remedy: "nothing")

    func report(_ findings: Finding...) -> DoctorReport {
        DoctorReport(findings: findings, examined: [("brokers", 3)])
    }

    @Test func `ends with a code that tells the worst`() {
        #expect(report().exitCode == 0)
        #expect(report(note).exitCode == 0)
        #expect(report(note, warning).exitCode == 2)
        #expect(report(warning, error).exitCode == 3)
    }

    @Test func `is read by people, the worst first`() {
        #expect(
            report(warning, error).lines == [
                "error: Worse. [b]", "    evidence: \"seen\"", "    remedy:   do",
                "warning: What. [a]", "    evidence: seen", "    remedy:   do",
                "Examined 3 brokers: 1 error, 1 warning, 0 notes.",
            ])
    }

    @Test func `is read by scripts`() {
        #expect(
            report(error).json
                == #"{"examined":{"brokers":3},"findings":[{"severity":"error","check":"b","#
                + #""what":"Worse.","evidence":"\"seen\"","remedy":"do"}]}"#)
    }
}

@Suite("The doctor before a start")
struct NodeDiagnosisTests {
    func node(_ lines: String...) throws -> NodeConfiguration {
        let common = [
            "process.roles=broker,controller", "node.id=1", "controller.listener.names=CONTROLLER",
            "log.dirs=/d",
        ]
        let text = (common + lines).joined(separator: "\n")
        return try NodeConfiguration.parse(try Properties(parsing: text), hostName: "here")
    }

    @Test func `finds an address that leads others to themselves`() throws {
        let open = try node(
            "listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners=PLAINTEXT://localhost:9092",
            "controller.quorum.voters=1@here:9093")
        #expect(NodeDiagnosis.advertised(open).map(\.severity) == [.warning])
        let remote = try node(
            "listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners=PLAINTEXT://localhost:9092",
            "controller.quorum.voters=1@a:9093,2@b:9093,3@c:9093")
        #expect(NodeDiagnosis.advertised(remote).map(\.severity) == [.error])
        let local = try node(
            "listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
            "controller.quorum.voters=1@localhost:9093")
        #expect(NodeDiagnosis.advertised(local) == [])
    }

    @Test func `finds numbers that do not go together`() throws {
        let even = try node(
            "listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
            "controller.quorum.voters=1@a:9093,2@b:9093", "min.insync.replicas=2",
            "transaction.state.log.min.isr=1")
        #expect(
            NodeDiagnosis.numbers(even).map(\.check) == ["quorum-size", "replication-factor"])
    }
}
