internal import Bytes
internal import Client
internal import Model
internal import Platform

/// What the verifiable clients tell, one JSON object a line, as test harnesses parse it.
enum VerifiableEvent {
    /// The line of an event: when, which, and what belongs to it.
    static func line(
        _ name: String, at time: Timestamp, _ members: [(name: String, value: JSONPiece)] = []
    ) -> String {
        JSONPiece.object(
            [("timestamp", .number(time.rawValue)), ("name", .text(name))] + members
        ).rendered
    }

    /// A record where it stands; bytes that are no text are shown with replacements.
    static func record(_ record: ConsumerRecord) -> [(name: String, value: JSONPiece)] {
        [
            ("key", .text(record.key?.readable)), ("value", .text(record.value?.readable)),
        ] + place(record.partition) + [("offset", .number(record.offset.rawValue))]
    }

    static func partitions(_ partitions: [TopicPartition]) -> [(name: String, value: JSONPiece)] {
        [("partitions", .list(partitions.map { .object(place($0)) }))]
    }

    static func place(_ partition: TopicPartition) -> [(name: String, value: JSONPiece)] {
        [
            ("topic", .text(partition.topic)),
            ("partition", .number(Int64(partition.partition))),
        ]
    }
}

extension ToolOutput {
    /// An event that happens now. Harnesses wait for these lines, so they are written at once if `isUrgent`.
    func event(
        _ name: String, _ members: [(name: String, value: JSONPiece)] = [], isUrgent: Bool = true
    ) {
        line(VerifiableEvent.line(name, at: SystemClock.wall(), members))
        if isUrgent { flush() }
    }
}

extension SharedBytes {
    /// As text; what is no UTF-8 is replaced.
    var readable: String { utf8 ?? String(decoding: array, as: UTF8.self) }
}

extension ClientError {
    /// The exception of Java's client that harnesses know, as its class prints itself.
    var javaClass: String {
        let name: String
        switch self {
        case .refused(let code, _):
            // Some codes' names say already that they are exceptions.
            let words = code.name.split(separator: "_").filter { $0 != "EXCEPTION" }
            name = words.map { $0.prefix(1) + $0.dropFirst().lowercased() }.joined()
        case .timedOut, .unreachable, .bufferExhausted: name = "Timeout"
        case .disconnected: name = "Network"
        case .recordTooLarge: name = "RecordTooLarge"
        case .unsupportedVersion: name = "UnsupportedVersion"
        case .invalidServer, .malformedAnswer, .damagedBatch, .unknownPartition, .offsetOutOfRange,
            .tooMany, .notExpressible, .invalidPattern, .noGroup, .closed:
            return "class org.apache.kafka.common.KafkaException"
        }
        return "class org.apache.kafka.common.errors.\(name)Exception"
    }
}
