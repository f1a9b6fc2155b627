internal import Platform
internal import Synchronization

/// An accepted connection on its way from the listener's loop to its own.
final class AcceptedSocket: Sendable {
    let peer: SocketAddress
    private let descriptor: Mutex<OwnedDescriptor?>

    init(_ descriptor: consuming OwnedDescriptor, from peer: SocketAddress) {
        self.peer = peer
        self.descriptor = Mutex(consume descriptor)
    }

    /// Gives the socket to its owner. Nil if it has one already.
    func take() -> OwnedDescriptor? { descriptor.withLock { $0.take() } }
}
