internal import Bytes
internal import Client
internal import Model
internal import Wire
internal import WireMessages

/// A client that names leader epochs that are not the leader's own: each of its questions must be refused, or a
/// leader that was replaced, and those who still believe in it, would go on among themselves (KIP-320).
final class EpochProbe: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// A leadership that was seen on a node, which from then on knows of this epoch or a later one.
    struct Leadership {
        let place: TopicPartition
        let node: BrokerID
        let epoch: LeaderEpoch
    }

    private let host: SimulatedClientHost
    private let report: (String) -> Void
    private var driver: ClientDriver?

    /// - Parameter report: told of a question that was answered.
    init(on host: SimulatedClientHost, report: @escaping (String) -> Void) {
        self.host = host
        self.report = report
    }

    /// Asks the leader with the epoch before its own, and with one that nobody has had yet.
    func ask(_ leadership: Leadership) {
        host.run { [self] in
            if driver == nil { driver = ClientDriver(host.configuration, runtime: host.runtime) }
            let epoch = leadership.epoch.rawValue
            for wrong in [epoch - 1, epoch + 1_000_000] where wrong >= 0 {
                fetch(leadership, wrong)
                askForEnd(leadership, wrong)
            }
        }
    }

    private func fetch(_ leadership: Leadership, _ wrong: Int32) {
        var partition = FetchRequest.FetchPartition()
        partition.partition = leadership.place.partition
        partition.currentLeaderEpoch = wrong
        partition.fetchOffset = 0
        partition.partitionMaxBytes = 1_024
        var topic = FetchRequest.FetchTopic()
        topic.topic = leadership.place.topic
        topic.partitions = [partition]
        var request = FetchRequest()
        request.maxBytes = 1_024
        request.topics = [topic]
        // The last version that names topics.
        call(request, versions: 12...12, leadership, wrong) { answer in
            answer.responses.first?.partitions.first?.errorCode
        }
    }

    private func askForEnd(_ leadership: Leadership, _ wrong: Int32) {
        var partition = OffsetForLeaderEpochRequest.OffsetForLeaderPartition()
        partition.partition = leadership.place.partition
        partition.currentLeaderEpoch = wrong
        partition.leaderEpoch = leadership.epoch.rawValue
        var topic = OffsetForLeaderEpochRequest.OffsetForLeaderTopic()
        topic.topic = leadership.place.topic
        topic.partitions = [partition]
        var request = OffsetForLeaderEpochRequest()
        request.topics = [topic]
        call(request, versions: 4...4, leadership, wrong) { answer in
            answer.topics.first?.partitions.first?.errorCode
        }
    }

    private func call<Request: RequestMessage>(
        _ request: Request, versions: ClosedRange<Int16>, _ leadership: Leadership,
        _ wrong: Int32, error: @escaping @Sendable (Request.Response) -> ErrorCode?
    ) {
        driver?.call(
            OutgoingRequest(request, versions: versions), to: .node(leadership.node)
        ) { [self] result in
            guard case .success(let answer) = result else { return }
            do throws(DecodeError) {
                var reader = ByteReader(answer.body)
                let response = try Request.Response(from: &reader, version: answer.version)
                guard error(response) == ErrorCode.none else { return }
                report(
                    "\(leadership.place): node \(leadership.node.rawValue), which led epoch "
                        + "\(leadership.epoch.rawValue), served \(Request.apiKey) of epoch \(wrong)"
                )
            } catch {
                report("\(Request.apiKey): the answer cannot be read: \(error)")
            }
        }
    }
}
