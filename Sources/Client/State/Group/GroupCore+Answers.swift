internal import Bytes
internal import Model

extension GroupCore {
    /// An answer to one of the group's questions.
    mutating func answered(
        _ question: GroupQuestion, membership: Int, version: Int16, body: SharedBytes,
        network: inout Network, consumer: inout ConsumerCore, metadata: inout MetadataCache,
        now: Instant
    ) {
        guard isAwaited(question, membership: membership) else { return }
        if question != .coordinator { coordinatorFailures = 0 }
        do throws(DecodeError) {
            switch question {
            case .coordinator:
                coordinatorAnswered(
                    version: version, body: body, network: &network, consumer: &consumer,
                    metadata: &metadata, now: now)
            case .join:
                try joinAnswered(
                    version: version, body: body, network: &network, consumer: &consumer,
                    metadata: &metadata, now: now)
            case .sync:
                try syncAnswered(
                    version: version, body: body, network: &network, consumer: &consumer,
                    metadata: &metadata, now: now)
            case .heartbeat where isClassic:
                try classicHeartbeatAnswered(
                    version: version, body: body, network: &network, consumer: &consumer,
                    metadata: &metadata, now: now)
            case .heartbeat:
                try heartbeatAnswered(
                    version: version, body: body, network: &network, consumer: &consumer,
                    metadata: &metadata, now: now)
            case .leave:
                left()
            case .commit(let id):
                try commitAnswered(
                    id, version: version, body: body, network: &network, consumer: &consumer,
                    metadata: &metadata, now: now)
            case .offsets(let id):
                try offsetsAnswered(
                    id, version: version, body: body, network: &network, consumer: &consumer,
                    metadata: &metadata, now: now)
            }
        } catch {
            malformed(question, error, &consumer, &metadata)
        }
    }

    /// An answer that does not follow the protocol will not do so the next time.
    private mutating func malformed(
        _ question: GroupQuestion, _ error: DecodeError, _ consumer: inout ConsumerCore,
        _ metadata: inout MetadataCache
    ) {
        let failure = ClientError.malformedAnswer(api: "\(question)", error)
        switch question {
        case .commit(let id): finish(commit: id, failure)
        case .offsets(let id): finish(question: id, .failure(failure), &consumer, &metadata)
        case .coordinator, .join, .sync, .heartbeat, .leave: fail(failure, &consumer, &metadata)
        }
    }
}
