public import Model
internal import WireMessages

extension Admin {
    /// Adds a controller, which runs and has caught up, to the voters of the quorum (KIP-853). Returns when the
    /// new majority has the change.
    ///
    /// - Parameter endpoints: at least that of the listener on which the controllers talk to each other.
    public func addVoter(
        _ id: BrokerID, directory: DirectoryID, endpoints: [Endpoint]
    ) async throws(ClientError) {
        var request = AddRaftVoterRequest()
        request.clusterID = nil
        request.timeoutMs = Int32(clamping: configuration.operationTimeout.inMilliseconds)
        request.voterID = id.rawValue
        request.voterDirectoryID = directory.uuid
        request.listeners = endpoints.map {
            var listener = AddRaftVoterRequest.Listener()
            listener.name = $0.listener
            listener.host = $0.host
            listener.port = $0.port
            return listener
        }
        let asked = request
        let outcome = try await retrying("adding voter \(id.rawValue)") {
            left throws(ClientError) -> (ErrorCode, String?) in
            let answer = try await ask(asked, of: voterChanger, within: left).message
            return try Self.outcome(answer.errorCode, answer.errorMessage)
        }
        try outcome.0.check(outcome.1)
    }

    /// Removes a controller from the voters of the quorum (KIP-853), whether it runs or not.
    public func removeVoter(
        _ id: BrokerID, directory: DirectoryID
    ) async throws(ClientError) {
        var request = RemoveRaftVoterRequest()
        request.clusterID = nil
        request.voterID = id.rawValue
        request.voterDirectoryID = directory.uuid
        let asked = request
        let outcome = try await retrying("removing voter \(id.rawValue)") {
            left throws(ClientError) -> (ErrorCode, String?) in
            let answer = try await ask(asked, of: voterChanger, within: left).message
            return try Self.outcome(answer.errorCode, answer.errorMessage)
        }
        try outcome.0.check(outcome.1)
    }

    /// Brokers forward, controllers do not.
    private var voterChanger: Destination {
        configuration.endpointType == .controllers ? .controller : .any
    }

    /// Only who was asked is worth another attempt. A change that was not committed in time may yet be, so that
    /// asking again would tell of a voter that is already there, or no longer.
    private static func outcome(
        _ error: ErrorCode, _ message: String?
    ) throws(ClientError) -> (ErrorCode, String?) {
        if error == .notLeaderOrFollower || error == .notController {
            throw .refused(error, message: message)
        }
        return (error, message)
    }
}
