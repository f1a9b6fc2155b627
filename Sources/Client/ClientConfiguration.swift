internal import Model

/// What every client needs to know. Names in brackets are those of Kafka's client properties.
public struct ClientConfiguration: Hashable, Sendable {
    /// What the bootstrap addresses are.
    public enum EndpointType: Hashable, Sendable {
        case brokers
        /// Controllers of the metadata quorum (`bootstrap.controllers`, KIP-919).
        case controllers
    }

    /// Servers to begin with, and to fall back on when no known one answers [`bootstrap.servers`].
    public var bootstrapServers: [ServerAddress]
    public var endpointType: EndpointType = .brokers
    /// Told to the server with each request [`client.id`].
    public var clientID: String = "martlet"
    /// How long an answer may take before its connection is given up [`request.timeout.ms`].
    public var requestTimeout: Duration = .seconds(30)
    /// How long an operation may take with all its attempts [`default.api.timeout.ms`].
    public var operationTimeout: Duration = .seconds(60)
    /// How long a connection may take to stand [`socket.connection.setup.timeout.ms`].
    public var connectTimeout: Duration = .seconds(10)
    /// How long a server may take to answer the first question on a connection. The kernel accepts
    /// connections for a process that hangs, so this must be short for another server to be tried.
    public var greetingTimeout: Duration = .seconds(2)
    /// How long an answer may be out before the layout of the cluster is looked at again: the one who was
    /// asked may hang, and another may have taken its place.
    public var patience: Duration = .seconds(1)
    /// Pause before a server is tried again; doubles with each failure [`reconnect.backoff.ms`].
    public var reconnectBackoff: Duration = .milliseconds(50)
    /// The longest such pause [`reconnect.backoff.max.ms`].
    public var reconnectBackoffMax: Duration = .seconds(1)
    /// Pause before a request is tried again; doubles with each failure [`retry.backoff.ms`].
    public var retryBackoff: Duration = .milliseconds(100)
    /// The longest such pause [`retry.backoff.max.ms`].
    public var retryBackoffMax: Duration = .seconds(1)
    /// Metadata older than this is asked for again [`metadata.max.age.ms`].
    public var metadataMaxAge: Duration = .minutes(5)
    /// The largest answer that is read; a longer one closes the connection.
    public var answerBytesMax: Int = 512 << 20
    /// Requests to one server that wait or are under way; more are refused.
    public var requestsPerServerMax: Int = 1_000

    public init(bootstrapServers: [ServerAddress]) {
        self.bootstrapServers = bootstrapServers
    }
}
