internal import InternalRecords
internal import Model
internal import WireMessages

/// What an operator does to the voters of the quorum (KIP-853).
extension SimulatedAdmin {
    func addVoter(_ voter: VotersRecord.Voter) {
        var request = AddRaftVoterRequest()
        request.clusterID = nil
        request.voterID = voter.voterID
        request.voterDirectoryID = voter.voterDirectoryID
        request.timeoutMs = 5_000
        request.listeners = voter.endpoints.map {
            var listener = AddRaftVoterRequest.Listener()
            listener.name = $0.name
            listener.host = $0.host
            listener.port = $0.port
            return listener
        }
        begin("add voter \(voter.voterID)", request) { answer in
            // An answer was lost.
            answer.errorCode == .duplicateVoter ? .none : answer.errorCode
        }
    }

    func removeVoter(_ voter: VotersRecord.Voter) {
        var request = RemoveRaftVoterRequest()
        request.clusterID = nil
        request.voterID = voter.voterID
        request.voterDirectoryID = voter.voterDirectoryID
        begin("remove voter \(voter.voterID)", request) { answer in
            // As above; and the only voter stays.
            answer.errorCode == .voterNotFound || answer.errorCode == .invalidRequest
                ? .none : answer.errorCode
        }
    }
}
