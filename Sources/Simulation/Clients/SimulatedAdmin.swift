internal import Bytes
internal import Client
package import Model
internal import Ports
internal import Wire
internal import WireMessages

/// A client that changes the cluster.
package final class SimulatedAdmin: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    private static let pause = Duration.milliseconds(200)

    private let host: SimulatedClientHost
    private let timeline: Timeline
    private var driver: ClientDriver?
    /// Topics that are made.
    package private(set) var topics: Set<String> = []

    package init(on host: SimulatedClientHost, timeline: Timeline) {
        self.host = host
        self.timeline = timeline
    }

    /// Makes a topic, by asking `node` if one is named; asks again until that succeeds.
    package func createTopic(
        _ name: String, partitionCount: Int32, replicationFactor: Int16 = 3,
        through node: BrokerID? = nil
    ) {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = partitionCount
        topic.replicationFactor = replicationFactor
        var request = CreateTopicsRequest()
        request.timeoutMs = 5_000
        request.topics = [topic]
        let asked = request
        host.run { [self] in
            if driver == nil { driver = ClientDriver(host.configuration, runtime: host.runtime) }
            ask(asked, of: node.map { .node($0) } ?? .any)
        }
    }

    private func ask(_ request: CreateTopicsRequest, of destination: Destination) {
        driver?.call(OutgoingRequest(request), to: destination) { [weak self] result in
            guard let self else { return }
            if let answer = Self.answer(result), let topic = answer.topics.first {
                if topic.errorCode == .none || topic.errorCode == .topicAlreadyExists {
                    topics.insert(topic.name)
                    return
                }
                timeline.add("creating \(topic.name): \(topic.errorCode)")
            } else {
                timeline.add("creating topics: \(result)")
            }
            let loop = host.runtime.loop
            loop.arm(at: loop.now + Self.pause) { [weak self] in
                self?.ask(request, of: destination)
            }
        }
    }

    private static func answer(
        _ result: Result<CallAnswer, ClientError>
    ) -> CreateTopicsResponse? {
        guard case .success(let answer) = result else { return nil }
        do throws(DecodeError) {
            var reader = ByteReader(answer.body)
            return try CreateTopicsResponse(from: &reader, version: answer.version)
        } catch {
            return nil
        }
    }
}
