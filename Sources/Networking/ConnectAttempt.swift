internal import Model
internal import Platform
internal import Ports

/// An outgoing connection on its way: which addresses are left to try, and until when.
final class ConnectAttempt {
    let host: String
    let port: UInt16
    let deadline: Instant
    /// Addresses not yet tried, in order.
    var addresses: ArraySlice<SocketAddress> = []
    /// The limit of the address being tried, or of the look-up.
    var timer: TimerID?
    /// What went wrong with the last address.
    var failure: NetworkError?

    init(host: String, port: UInt16, deadline: Instant) {
        self.host = host
        self.port = port
        self.deadline = deadline
    }

    var name: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    func error(_ errno: Errno) -> NetworkError {
        NetworkError(errno, operation: "connect", address: name)
    }

    /// Arms the limit of the next step.
    func arm(on loop: EpollLoop, at limit: Instant, _ work: @escaping () -> Void) {
        end(on: loop)
        timer = loop.arm(at: limit, work)
    }

    func end(on loop: EpollLoop) {
        if let timer { loop.disarm(timer) }
        timer = nil
    }
}
