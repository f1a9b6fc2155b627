public import Bytes
public import Model

/// Why a client could not do what it was asked to.
public enum ClientError: Error, Hashable, Sendable {
    /// The configuration names no server, or one that is not `host:port`.
    case invalidServer(String)
    /// The operation's time limit passed; `cause` is the last failure that was worth retrying.
    case timedOut(operation: String, limit: Duration, cause: String?)
    /// None of the servers the client knows could be reached within the time limit.
    case unreachable(servers: [String], limit: Duration, cause: String?)
    /// The connection ended while a request was on its way: whether it was carried out is not known.
    case disconnected(peer: String, cause: String)
    /// The server offers no version of the API that this client speaks.
    case unsupportedVersion(api: String, peer: String)
    /// The server's answer does not follow the protocol.
    case malformedAnswer(api: String, DecodeError)
    /// A record batch that does not follow the format, or is damaged.
    case damagedBatch(TopicPartition, offset: Offset, reason: String)
    /// The server refused, with its words where it gave some.
    case refused(ErrorCode, message: String?)
    /// The topic has no such partition.
    case unknownPartition(TopicPartition, partitionCount: Int)
    /// The buffer stayed full for `max.block.ms`.
    case bufferExhausted(limit: Duration)
    /// The record alone is larger than `max.request.size`.
    case recordTooLarge(size: Int, limit: Int)
    /// The partition has no such offset and `auto.offset.reset` is `none`.
    case offsetOutOfRange(TopicPartition, offset: Offset)
    /// More work was asked for at once than the named limit allows.
    case tooMany(limit: Int, of: String)
    /// The request does not fit the version of the API that the server speaks.
    case notExpressible(api: String, reason: String)
    /// Not a regular expression.
    case invalidPattern(String)
    /// The operation needs a group, and the configuration names none.
    case noGroup
    /// The client has been closed.
    case closed
}

extension ClientError {
    /// Whether the same request may be sent again: the failure says nothing about the request itself.
    package var isRetriable: Bool {
        switch self {
        case .disconnected, .unreachable: true
        case .refused(let code, _): code.advice != .fail
        case .invalidServer, .timedOut, .unsupportedVersion, .malformedAnswer, .damagedBatch,
            .unknownPartition, .bufferExhausted, .recordTooLarge, .offsetOutOfRange, .tooMany,
            .notExpressible, .invalidPattern, .noGroup, .closed:
            false
        }
    }
}

extension ClientError {
    /// Whether a pause may help. A cluster that could not be reached for the whole time limit has had its
    /// pauses.
    var isWorthPausing: Bool {
        if case .unreachable = self { return false }
        return true
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidServer(let text):
            "'\(text)' is not a server address; write host:port"
        case .timedOut(let operation, let limit, let cause):
            "\(operation) did not finish within \(limit.inMilliseconds) ms" + Self.because(cause)
        case .unreachable(let servers, let limit, let cause):
            "no server of \(servers.joined(separator: ",")) could be reached within "
                + "\(limit.inMilliseconds) ms" + Self.because(cause)
        case .disconnected(let peer, let cause): "connection to \(peer) ended: \(cause)"
        case .unsupportedVersion(let api, let peer):
            "\(peer) does not offer a version of \(api) that this client speaks"
        case .malformedAnswer(let api, let error): "answer to \(api) is malformed: \(error)"
        case .damagedBatch(let partition, let offset, let reason):
            "batch at offset \(offset.rawValue) of \(partition) is damaged: \(reason)"
        case .refused(let code, let message): message ?? Self.words(for: code)
        case .unknownPartition(let partition, let count):
            "topic \(partition.topic) has \(count) partitions, none is number \(partition.partition)"
        case .bufferExhausted(let limit):
            "no room in the producer's buffer within \(limit.inMilliseconds) ms"
        case .recordTooLarge(let size, let limit):
            "record of \(size) bytes is larger than max.request.size, \(limit)"
        case .offsetOutOfRange(let partition, let offset):
            "partition \(partition) has no offset \(offset.rawValue) and auto.offset.reset is none"
        case .tooMany(let limit, let what): "more than \(limit) \(what) at once"
        case .notExpressible(let api, let reason): "\(api) cannot be sent: \(reason)"
        case .invalidPattern(let text): "'\(text)' is not a regular expression"
        case .noGroup: "the consumer's configuration names no group: set group.id"
        case .closed: "the client is closed"
        }
    }

    private static func because(_ cause: String?) -> String { cause.map { ": " + $0 } ?? "" }

    /// One sentence for the codes that tools show most; the code's name for the rest.
    private static func words(for code: ErrorCode) -> String {
        switch code {
        case .unknownTopicOrPartition: "This server does not host this topic-partition."
        case .leaderNotAvailable:
            "There is no leader for this topic-partition as we are in the middle of an election."
        case .topicAlreadyExists: "Topic already exists."
        case .unsupportedVersion: "The version of API is not supported."
        case .requestTimedOut: "The request timed out."
        default: code.name
        }
    }
}
