public import Bytes

/// Something with a schema: encoded and decoded as a whole, at one version.
public protocol WireMessage: Sendable, Equatable {
    /// The name in the schema, for errors and dumps.
    static var schemaName: String { get }
    /// The versions this build reads and writes.
    static var validVersions: ClosedRange<Int16> { get }
    /// The first version with compact lengths and tagged sections, nil if there is none.
    static var firstFlexibleVersion: Int16? { get }

    /// Every field at its default.
    init()

    /// Reads one message and stops behind it. Leftover bytes are the caller's to judge: Kafka
    /// passes over them after a request, and refuses them after a metadata record.
    init(from reader: inout ByteReader, version: Int16) throws(DecodeError)

    /// Appends the message. What was written before an error is undefined.
    func encode(to writer: inout ByteWriter, version: Int16) throws(EncodeError)
}

extension WireMessage {
    /// Whether `version` uses compact lengths and tagged sections.
    @inlinable
    public static func isFlexible(_ version: Int16) -> Bool {
        firstFlexibleVersion.map { version >= $0 } ?? false
    }
}

/// A request, with the type of its answer. Both have the same versions.
public protocol RequestMessage: WireMessage {
    associatedtype Response: ResponseMessage
    static var apiKey: ApiKey { get }
}

/// The answer to a request.
public protocol ResponseMessage: WireMessage {
    static var apiKey: ApiKey { get }
}

/// A record of an internal log, or a body that is stored in one.
public protocol RecordMessage: WireMessage {
    /// The number of the record's type within its log; nil for a body that stands alone.
    static var recordType: Int16? { get }

    /// The members of the message as JSON, in the schema's order and names, as Kafka's dump tools
    /// print them at `version`.
    func writeJSON(to json: inout JSONWriter, version: Int16)
}
