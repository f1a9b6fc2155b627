internal import Glibc
internal import Platform
internal import Ports

extension NetworkError {
    /// The network error that `errno` means.
    init(_ errno: Errno, operation: String, address: String) {
        let kind: Kind =
            switch errno.code {
            case EADDRINUSE: .addressInUse
            case EADDRNOTAVAIL: .addressNotAvailable
            case EACCES, EPERM: .notPermitted
            case ECONNREFUSED: .refused
            case ECONNRESET, EPIPE, ECONNABORTED: .reset
            case ETIMEDOUT: .timedOut
            default: .failed
            }
        self.init(kind, operation: operation, address: address, reason: errno.reason)
    }
}
