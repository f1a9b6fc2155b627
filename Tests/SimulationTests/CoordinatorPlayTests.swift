import Client
import Metadata
import Model
import TestSupport
import Testing

@testable import Simulation

@Suite("A coordinator of groups")
struct CoordinatorPlayTests {
    /// A client that commits and looks up one offset of a group, without being a member.
    private final class Caller: @unchecked Sendable {
        // SAFETY: a simulated world lives on one thread.
        private let host: SimulatedClientHost
        private let place: TopicPartition
        private var driver: ClientDriver?
        private(set) var committed: [Offset] = []
        private(set) var found: [Offset?] = []
        private(set) var errors: [ClientError] = []

        init(_ host: SimulatedClientHost, _ place: TopicPartition) {
            self.host = host
            self.place = place
            host.run { [self] in
                var configuration = ConsumerConfiguration()
                configuration.group = GroupConfiguration(id: "g")
                driver = ClientDriver(
                    host.configuration, consumer: configuration, runtime: host.runtime)
            }
        }

        func commit(_ offset: Offset) {
            host.run { [self] in
                driver?.commit([place: CommittedOffset(offset)], within: .seconds(20)) { [self] in
                    if let error = $0 { errors.append(error) } else { committed.append(offset) }
                }
            }
        }

        func lookUp() {
            host.run { [self] in
                driver?.committed([place], within: .seconds(20)) { [self] answer in
                    switch answer {
                    case .success(let offsets): found.append(offsets[place]?.offset)
                    case .failure(let error): errors.append(error)
                    }
                }
            }
        }

        func close() { host.run { [self] in driver?.close() } }
    }

    @Test(arguments: 1...3)
    func `serves what it has read once that is committed, not before`(seed: UInt64) throws {
        var plan = ClusterPlan.separate(controllers: 3, brokers: 3)
        plan.settings = ["offsets.topic.num.partitions=1"]
        let stage = Stage(240 + seed, plan)
        let cluster = stage.cluster
        let writer = Caller(cluster.makeClient(), stage.place)
        writer.commit(5)
        #expect(cluster.time.pass(atMost: .seconds(10)) { writer.committed == [5] })
        let offsets = TopicPartition("__consumer_offsets", 0)
        let state = try #require(stage.state(of: offsets))
        let former = try #require(state.leader)
        let others = state.replicas.filter { $0 != former }
        // It holds back what the two others have: it is in sync, and says nothing.
        let silent = cluster[Int(others[1].rawValue)]
        silent.pause()
        writer.commit(9)
        cluster.time.pass(.milliseconds(300))
        #expect(writer.committed == [5])
        writer.close()
        cluster[Int(former.rawValue)].kill()
        let hasMoved = cluster.time.pass(atMost: .seconds(1)) {
            stage.state(of: offsets)?.leader == others[0]
        }
        #expect(hasMoved)
        let reader = Caller(cluster.makeClient(), stage.place)
        reader.lookUp()
        // The new leader has the second commit in its log, and cannot know that it will stay.
        cluster.time.pass(.seconds(4))
        #expect(reader.found.isEmpty)
        silent.resume()
        #expect(cluster.time.pass(atMost: .seconds(10)) { reader.found == [9] })
        #expect(reader.errors == [])
        reader.close()
        stage.finish()
    }
}
