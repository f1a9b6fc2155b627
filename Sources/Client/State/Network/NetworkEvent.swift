internal import Bytes
internal import Model

/// What the network tells those who sent requests.
enum NetworkEvent: Sendable {
    /// The answer's body, after its header.
    case answered(RequestPurpose, version: Int16, body: SharedBytes)
    /// The request left and no answer is to come (acks=0).
    case sent(RequestPurpose)
    /// There will be no answer. If the request was sent, it may have been carried out.
    case failed(RequestPurpose, ClientError, wasSent: Bool)
    /// A peer can be used again, or for the first time.
    case ready(Peer)
    /// A peer's connection ended, or an attempt at one failed.
    case lost(Peer)
}
