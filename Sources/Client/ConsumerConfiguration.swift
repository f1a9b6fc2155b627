public import Model

/// Where to begin in a partition for which there is no position.
public enum OffsetReset: Hashable, Sendable {
    case earliest
    case latest
    /// The first record at or after this time; the end if there is none.
    case timestamp(Timestamp)
    /// The first record of the time before now; the end if there is none (KIP-1106).
    case byDuration(Duration)
    /// Nowhere: it is an error.
    case none
}

/// Which records of transactions are returned.
public enum IsolationLevel: Int8, Hashable, Sendable {
    case readUncommitted = 0
    case readCommitted = 1
}

/// How a consumer fetches. Names in brackets are Kafka's.
public struct ConsumerConfiguration: Hashable, Sendable {
    /// [`auto.offset.reset`]
    public var offsetReset: OffsetReset = .latest
    /// [`isolation.level`]
    public var isolationLevel: IsolationLevel = .readUncommitted
    /// A broker waits until it has so much [`fetch.min.bytes`]
    public var minBytes: Int = 1
    /// or so long [`fetch.max.wait.ms`].
    public var maxWait: Duration = .milliseconds(500)
    /// Most bytes of one answer [`fetch.max.bytes`].
    public var maxBytes: Int = 50 << 20
    /// Most bytes of one partition in an answer [`max.partition.fetch.bytes`].
    public var partitionMaxBytes: Int = 1 << 20
    /// Whether batches are checked against their checksum [`check.crcs`].
    public var checksCRC: Bool = true
    /// Whether asking for an unknown topic makes it [`allow.auto.create.topics`].
    public var createsTopics: Bool = true
    /// Where this client runs, for fetching from a near replica (KIP-392) [`client.rack`].
    public var rack: String = ""
    /// The group whose member this is, or under whose name it commits.
    public var group: GroupConfiguration?

    public init() {}
}
