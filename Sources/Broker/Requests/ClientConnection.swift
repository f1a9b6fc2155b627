internal import Bytes
internal import Model
internal import Ports
internal import Wire

/// A client's connection: frames become exchanges, and answers leave in the order of the requests.
///
/// Requests of one connection are worked on at the same time; only the answers are held back until those
/// before them have left (`protocol.md` §2). Partitions see the requests in order, because work posted to a
/// loop keeps its order.
///
/// Back-pressure: with `inFlightMax` requests or `inFlightBytesMax` bytes of them unanswered, or `unsentMax`
/// bytes not taken by the peer, the connection stops reading until all are below their limits again. So it does
/// while the node's `RequestBudget` is spent, unless a follower fetches through it.
final class ClientConnection: ConnectionHandler {
    /// Requests of one connection worked on at once.
    static let inFlightMax = 256
    /// Bytes of requests of one connection worked on at once; the one that crosses the limit is still taken.
    static let inFlightBytesMax = 32 << 20
    /// Answer bytes waiting for the peer.
    static let unsentMax = 16 << 20

    /// The broker whose heartbeats come by this connection.
    var heartbeatOf: BrokerID?
    private let server: RequestServer
    private let connection: any Connection
    /// Answers by order of request; nil while not there yet.
    private var slots: [Answer?] = []
    private var firstSlot: UInt64 = 0
    /// Bytes of the requests begun and not answered.
    private var inFlightBytes = 0
    private var isReading = true
    /// In line for room in the node's budget.
    private var isInLine = false
    /// A follower's fetches come by this connection.
    var servesFollower = false
    private var isClosed = false
    /// Fetches that wait for records.
    private var parkedFetches: [FetchOperation] = []
    /// First batches of producers that came by this connection.
    var firstBatches = FirstBatches()
    /// What ApiVersions told of the client (KIP-511).
    var software = ClientSoftware.unknown

    init(server: RequestServer, connection: any Connection) {
        self.server = server
        self.connection = connection
        server.metrics.connectionOpened()
    }

    var peer: String { connection.peer }

    func connected(_ connection: any Connection) {}

    func received(_ frames: [SharedBytes], on connection: any Connection) {
        for frame in frames where !isClosed { begin(frame) }
        regulate()
    }

    private func begin(_ frame: SharedBytes) {
        // A follower that sends another fetch behind a parked one has news, and must not wait for it.
        for fetch in parkedFetches where fetch.isFollower { fetch.interrupt() }
        let slot = firstSlot + UInt64(slots.count)
        slots.append(nil)
        inFlightBytes += frame.count
        let origin = Exchange.Origin.connection(LoopBound(self, on: connection.loop), slot: slot)
        do throws(RequestError) {
            try server.begin(frame, from: self, origin: origin)
        } catch {
            server.refused(error, peer: peer)
            close()
        }
    }

    /// Keeps a fetch that may wait, so that it ends with the connection.
    func park(_ fetch: FetchOperation) {
        parkedFetches.removeAll { $0.isAnswered }
        parkedFetches.append(fetch)
    }

    /// The answer to the request in `slot`.
    func answer(_ answer: Answer, to exchange: Exchange, slot: UInt64) {
        server.metrics.requestAnswered(
            exchange.header.apiKey, took: connection.loop.now - exchange.receivedAt,
            at: connection.loop.now)
        guard !isClosed else { return }
        precondition(slot >= firstSlot, "a request is answered once")
        let index = Int(slot - firstSlot)
        precondition(slots[index] == nil, "a request is answered once")
        slots[index] = answer
        inFlightBytes -= exchange.frame.count
        if index == 0 { sendReady() }
        regulate()
    }

    private func sendReady() {
        var pieces: [OutgoingPiece] = []
        var sent = 0
        while sent < slots.count, let answer = slots[sent] {
            sent += 1
            switch answer {
            case .pieces(let more): pieces += more
            case .none: break
            case .close:
                if !pieces.isEmpty { connection.send(pieces) }
                close()
                return
            }
        }
        slots.removeFirst(sent)
        firstSlot += UInt64(sent)
        if !pieces.isEmpty { connection.send(pieces) }
    }

    private func regulate() {
        let shouldRead =
            slots.count < Self.inFlightMax && inFlightBytes < Self.inFlightBytesMax
            && connection.unsentByteCount < Self.unsentMax && hasRoom()
        guard shouldRead != isReading, !isClosed else { return }
        isReading = shouldRead
        connection.setReading(shouldRead)
        if !shouldRead { server.metrics.readingPaused() }
    }

    /// Whether the node has room for more requests; if not, the connection stands in line for it.
    private func hasRoom() -> Bool {
        guard !isInLine else { return false }
        guard !servesFollower, let budget = server.budget, budget.isFull else { return true }
        let bound = LoopBound(self, on: connection.loop)
        isInLine = budget.standInLine { bound.post { $0.letIn(by: budget) } }
        return !isInLine
    }

    private func letIn(by budget: RequestBudget) {
        isInLine = false
        regulate()
        // Posted behind the read that this may have begun.
        connection.loop.post { budget.letNextIn() }
    }

    func drained(_ connection: any Connection) { regulate() }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        slots = []
        connection.close(discarding: false)
    }

    func closed(_ connection: any Connection, _ reason: CloseReason) {
        isClosed = true
        slots = []
        let parked = parkedFetches
        parkedFetches = []
        for fetch in parked { fetch.interrupt() }
        server.metrics.connectionClosed()
        server.connectionClosed(self, reason)
    }
}

/// What becomes of a request.
enum Answer: Sendable {
    /// A whole frame, length included.
    case pieces([OutgoingPiece])
    /// No answer at all: Produce with acks=0.
    case none
    /// Close the connection instead.
    case close
}

/// Name and version a client gives of itself (KIP-511).
struct ClientSoftware: Equatable, Sendable {
    let name: String
    let version: String
    static let unknown = ClientSoftware(name: "unknown", version: "unknown")
}
