package import Bytes
package import Model
package import Ports
package import Wire

/// One request and the way its answer goes. May be answered from any loop, once.
package final class Exchange: Sendable {
    /// Where the answer goes.
    enum Origin: Sendable {
        /// Back to a client, in its place among the answers.
        case connection(LoopBound<ClientConnection>, slot: UInt64)
        /// Into the Envelope that a broker wrapped around it (KIP-590), without the length; nil if the
        /// connection would have been closed instead.
        case envelope(@Sendable (SharedBytes?) -> Void)
    }

    package let header: RequestHeader
    /// The request's body, after the header.
    package let body: SharedBytes
    /// Which listener it came by.
    package let listener: ListenerContext
    /// `address:port` of the client.
    package let peer: String
    package let receivedAt: Instant
    let frame: SharedBytes
    private let origin: Origin
    private let redirected: (@Sendable () -> Void)?
    /// What the frame is charged to, as long as this lives.
    private let budget: RequestBudget?

    /// `redirected`: how a forwarded request is told that this controller is not the active one.
    init(
        header: RequestHeader, body: SharedBytes, frame: SharedBytes, listener: ListenerContext,
        peer: String, receivedAt: Instant, origin: Origin,
        redirected: (@Sendable () -> Void)? = nil, budget: RequestBudget? = nil
    ) {
        self.redirected = redirected
        self.budget = budget
        budget?.take(frame.count)
        self.header = header
        self.body = body
        self.frame = frame
        self.listener = listener
        self.peer = peer
        self.receivedAt = receivedAt
        self.origin = origin
    }

    deinit { budget?.give(frame.count) }

    /// The client's address as bytes, as Envelope carries it; empty if it is not an IP address.
    var peerAddress: SharedBytes { PeerAddress.bytes(of: peer) }

    package var version: Int16 { header.requestApiVersion }

    /// Answers with `response` in the request's version, or another where the protocol has it so. Encoding
    /// happens on the caller's loop.
    package func respond(_ response: some ResponseMessage, version: Int16? = nil) {
        do throws(EncodeError) {
            let frame = try encodeResponse(
                response, version: version ?? header.requestApiVersion,
                correlationID: header.correlationID)
            respond(pieces: [.bytes(frame)])
        } catch {
            // A defect of the handler; the client must not wait for an answer that cannot be.
            assertionFailure("\(header.apiKey) v\(header.requestApiVersion): \(error)")
            deliver(.close)
        }
    }

    /// Whether the request came inside an Envelope.
    var isForwarded: Bool { redirected != nil }

    /// Tells the broker that forwarded the request that another controller is active: it asks anew.
    func redirect() {
        guard let redirected else { preconditionFailure("only forwarded requests are redirected") }
        redirected()
    }

    /// Answers with a whole frame, length included.
    package func respond(pieces: [OutgoingPiece]) { deliver(.pieces(pieces)) }

    /// Ends the request without an answer (Produce with acks=0).
    package func finishSilently() { deliver(.none) }

    /// Closes the client's connection instead of an answer.
    package func closeConnection() { deliver(.close) }

    private func deliver(_ answer: Answer) {
        switch origin {
        case .connection(let connection, let slot):
            connection.run { $0.answer(answer, to: self, slot: slot) }
        case .envelope(let wrap):
            guard case .pieces(let pieces) = answer, case .bytes(let frame)? = pieces.first else {
                wrap(nil)
                return
            }
            precondition(pieces.count == 1, "a forwarded answer is one frame")
            wrap(frame.suffix(from: 4))
        }
    }
}

/// The listener a request came by: what it may ask and which addresses it is told.
package struct ListenerContext: Hashable, Sendable {
    /// Upper case.
    package let name: String
    package let kind: ListenerKind

    package init(name: String, kind: ListenerKind) {
        self.name = name
        self.kind = kind
    }
}

/// Broker listeners and controller listeners serve different APIs.
package enum ListenerKind: Hashable, Sendable {
    case broker
    case controller
}
