public import Model
internal import Wire
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
        try await changeVoters("adding voter \(id.rawValue)", request) {
            ($0.errorCode, $0.errorMessage)
        }
    }

    /// Removes a controller from the voters of the quorum (KIP-853), whether it runs or not.
    public func removeVoter(
        _ id: BrokerID, directory: DirectoryID
    ) async throws(ClientError) {
        var request = RemoveRaftVoterRequest()
        request.clusterID = nil
        request.voterID = id.rawValue
        request.voterDirectoryID = directory.uuid
        try await changeVoters("removing voter \(id.rawValue)", request) {
            ($0.errorCode, $0.errorMessage)
        }
    }

    /// Brokers forward it, controllers do not. Only that another is to be asked is worth another attempt: a change
    /// that was not committed in time may yet be, so that asking again would tell of a voter that is already there, or
    /// no longer.
    private func changeVoters<Request: RequestMessage>(
        _ operation: String, _ request: Request,
        _ outcome: @Sendable (Request.Response) -> (error: ErrorCode, message: String?)
    ) async throws(ClientError) {
        let place = configuration.endpointType == .controllers ? Destination.controller : .any
        let (error, message) = try await retrying(operation) {
            left throws(ClientError) -> (ErrorCode, String?) in
            let (error, message) = outcome(try await ask(request, of: place, within: left).message)
            if error == .notLeaderOrFollower || error == .notController {
                throw .refused(error, message: message)
            }
            return (error, message)
        }
        try error.check(message)
    }
}
