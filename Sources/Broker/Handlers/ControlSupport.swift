internal import Controller
internal import Metadata
internal import Model

/// Pieces of the controller's requests that several handlers read alike.
extension FeatureRange {
    /// The levels a node tells of a feature; nil if the range is empty.
    init?(told name: String, _ low: Int16, _ high: Int16) {
        guard low <= high else { return nil }
        self.init(name, low...high)
    }
}

extension Endpoint {
    /// A listener a node tells of; nil if its security protocol is unknown.
    init?(told name: String, _ host: String, _ port: UInt16, _ security: Int16) {
        guard let security = SecurityProtocol(rawValue: security) else { return nil }
        self.init(listener: name, host: host, port: port, securityProtocol: security)
    }
}

extension Duration {
    /// How long a client wants to wait; negative values count as no time.
    init(patienceMs: Int32) { self = .milliseconds(max(patienceMs, 0)) }
}

extension Result where Failure == ControllerError {
    /// The success, if it is one.
    var value: Success? {
        switch self {
        case .success(let value): value
        case .failure: nil
        }
    }

    /// The error, if it is one.
    var refusal: ControllerError? {
        switch self {
        case .success: nil
        case .failure(let error): error
        }
    }
}
