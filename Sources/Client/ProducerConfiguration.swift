public import Compression
internal import Model

/// When a record counts as written.
public enum Acks: Int16, Hashable, Sendable {
    /// Once it has been sent: no answer is asked for.
    case none = 0
    /// Once the leader has it.
    case leader = 1
    /// Once every in-sync replica has it.
    case all = -1
}

/// How a producer gathers and sends records. Names in brackets are Kafka's.
public struct ProducerConfiguration: Hashable, Sendable {
    /// [`acks`]
    public var acks: Acks = .all
    /// Brokers drop what they have already written, and keep the order (KIP-98) [`enable.idempotence`].
    /// Needs `acks` all; ignored with less.
    public var isIdempotent: Bool = true
    /// A batch is sent once it has grown to this size [`batch.size`].
    public var batchBytes: Int = 16 << 10
    /// or is this old [`linger.ms`].
    public var linger: Duration = .milliseconds(5)
    /// All records that wait for their acknowledgement together [`buffer.memory`].
    public var bufferBytes: Int = 32 << 20
    /// How long a full buffer or unknown topic may hold up a record [`max.block.ms`].
    public var blockMax: Duration = .seconds(60)
    /// How long a record may wait for its acknowledgement, from when it was given to the producer
    /// [`delivery.timeout.ms`].
    public var deliveryTimeout: Duration = .seconds(120)
    /// The largest request [`max.request.size`].
    public var requestBytesMax: Int = 1 << 20
    /// Requests under way to one broker, 1 to 5
    /// [`max.in.flight.requests.per.connection`].
    public var inFlightMax: Int = 5
    /// [`compression.type`]
    public var compression: CompressionCodec = .none

    public init() {}

    /// The most requests under way for which a broker can still tell duplicates (KIP-98).
    package static let inFlightLimit = 5

    /// Whether batches carry a producer id and sequence numbers.
    package var numbersBatches: Bool { isIdempotent && acks == .all }
}
