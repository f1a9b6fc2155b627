public import Bytes

/// A failed network operation.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case addressInUse
        case addressNotAvailable
        case notPermitted
        case refused
        case reset
        case timedOut
        case unresolvable
        case failed
    }

    public let kind: Kind
    public let operation: String
    /// `host:port`.
    public let address: String
    public let reason: String

    public init(_ kind: Kind, operation: String, address: String, reason: String) {
        self.kind = kind
        self.operation = operation
        self.address = address
        self.reason = reason
    }

    public var description: String { "\(operation) \(address): \(reason)" }
}

/// Why a connection ended.
public enum CloseReason: Hashable, Sendable {
    /// The peer closed in order.
    case closedByPeer
    /// The connection broke: reset, host unreachable, connect failed.
    case failed(NetworkError)
    /// This side called `close`.
    case closedLocally
    /// A frame's length was negative or above the limit.
    case invalidFrame(length: Int64)
    /// Nothing moved for the connection's idle limit.
    case idle
}

/// How the byte stream is cut.
public enum Framing: Hashable, Sendable {
    /// Kafka's: int32 length, then that many bytes; longer than `limit` closes the connection.
    case lengthPrefixed(limit: Int)
    /// No cutting: whatever one read brought.
    case none
}

/// Looks at bytes that come from a disk before they are sent. They begin where a unit of the file begins.
public struct PieceCheck: Sendable {
    /// How many bytes at the beginning are whole units, all of them right; nil for damage, of which the maker of
    /// the check is told by itself. Runs on any thread.
    public let wholeBytes: @Sendable (SharedBytes) -> Int?

    public init(_ wholeBytes: @escaping @Sendable (SharedBytes) -> Int?) {
        self.wholeBytes = wholeBytes
    }
}

/// One piece of an answer.
public enum OutgoingPiece: Sendable {
    case bytes(SharedBytes)
    /// `count` bytes of a file from `offset`, sent without passing through this process where that can be. What
    /// has to come from the disk is looked at by `check` first, if there is one.
    case file(any File, offset: Int64, count: Int, check: PieceCheck? = nil)

    /// Length on the wire.
    public var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(_, _, let count, _): count
        }
    }
}

/// A byte stream to a peer. It lives on one loop, and is used only there.
public protocol Connection: AnyObject {
    /// The peer's `address:port`.
    var peer: String { get }
    /// The loop the connection lives on.
    var loop: any Loop { get }
    /// Bytes given to `send` that the kernel has not taken yet.
    var unsentByteCount: Int { get }
    /// Queues `pieces` in order; they leave with everything else of this turn in as few system calls as
    /// can be. With length-prefixed framing the caller includes the length. Ignored once closed.
    func send(_ pieces: [OutgoingPiece])
    /// Stops or resumes reading: back-pressure to the peer.
    func setReading(_ isReading: Bool)
    /// Closes after what is queued has left, or at once with `discarding`. The handler's `closed` is called
    /// later, on the loop.
    func close(discarding: Bool)
}

/// What happens on a connection, always on its loop.
public protocol ConnectionHandler: AnyObject {
    /// An outgoing connection stands. Not called for accepted ones.
    func connected(_ connection: any Connection)
    /// Frames arrived, in order, without their length. They are slices of the read buffer: keep a
    /// `detached()` copy of small ones held for long.
    func received(_ frames: [SharedBytes], on connection: any Connection)
    /// Everything queued has been taken by the kernel, after `send` had to queue.
    func drained(_ connection: any Connection)
    /// The end; nothing follows. Called once, for failed outgoing attempts too.
    func closed(_ connection: any Connection, _ reason: CloseReason)
}

/// Options of a listening or connecting socket. Zero or nil leaves the kernel's choice.
public struct SocketOptions: Hashable, Sendable {
    public var framing: Framing
    public var sendBufferBytes: Int
    public var receiveBufferBytes: Int
    public var backlog: Int
    /// Closes a connection on which nothing moved for so long.
    public var idleLimit: Duration?
    /// Limit of an outgoing attempt.
    public var connectTimeout: Duration

    public init(
        framing: Framing, sendBufferBytes: Int = 0, receiveBufferBytes: Int = 0, backlog: Int = 128,
        idleLimit: Duration? = nil, connectTimeout: Duration = .seconds(10)
    ) {
        self.framing = framing
        self.sendBufferBytes = sendBufferBytes
        self.receiveBufferBytes = receiveBufferBytes
        self.backlog = backlog
        self.idleLimit = idleLimit
        self.connectTimeout = connectTimeout
    }
}

/// A listening socket.
public protocol Listener: AnyObject, Sendable {
    /// The port in force (the one chosen, if 0 was asked for).
    var port: UInt16 { get }
    func close()
}

/// The network.
public protocol Transport: AnyObject, Sendable {
    /// Listens on `host:port` (empty host: all addresses; port 0: any). Accepted connections are spread over
    /// `loops`; `accept` runs on the connection's loop and answers with its handler, or nil to refuse it.
    func listen(
        host: String, port: UInt16, options: SocketOptions, loops: [any Loop],
        accept: @escaping @Sendable (any Connection) -> (any ConnectionHandler)?
    ) throws(NetworkError) -> any Listener

    /// Begins to connect; the outcome reaches `handler` on `loop`, on which the call must be made. Names
    /// are resolved anew each time, without blocking the loop.
    func connect(
        host: String, port: UInt16, options: SocketOptions, on loop: any Loop,
        handler: any ConnectionHandler
    ) -> any Connection
}
