import Model

/// Why a change of the voters is refused, in the order in which Kafka looks.
extension Raft {
    func changeRefusal(_ error: ErrorCode, _ message: String? = nil) -> Response.ChangeResponse {
        Response.ChangeResponse(error: error, message: message, standing: standing)
    }

    func refusalAsLeader() -> Response.ChangeResponse? {
        if isShuttingDown { return changeRefusal(.brokerNotAvailable) }
        if !isLeader { return changeRefusal(.notLeaderOrFollower) }
        return nil
    }

    func refusalOfKey(_ voter: ReplicaKey) -> Response.ChangeResponse? {
        guard voter.id.rawValue >= 0, voter.directoryID != .unassigned else {
            return changeRefusal(
                .invalidRequest, "The request does not name a voter by id and directory id")
        }
        return nil
    }

    func refusal(of add: Request.AddVoterRequest) -> Response.ChangeResponse? {
        if let refusal = refusalOfKey(add.voter) { return refusal }
        return refusal(ofEndpoints: add.endpoints)
    }

    func refusal(of voter: VoterSet.Voter) -> Response.ChangeResponse? {
        if let refusal = refusal(ofEndpoints: voter.endpoints) { return refusal }
        let level = log.voters.kraftVersion
        guard voter.supportedVersions.contains(level) else {
            return changeRefusal(.invalidRequest, "kraft.version \(level) is in force")
        }
        guard voters.contains(voter.key) else {
            return changeRefusal(.voterNotFound, "\(voter.key) is not among the voters \(names)")
        }
        return nil
    }

    private func refusal(ofEndpoints endpoints: [VoterSet.Endpoint]) -> Response.ChangeResponse? {
        guard endpoints.count <= Limit.endpoints, defaultAddress(in: endpoints) != nil,
            endpoints.allSatisfy({
                (1...Limit.nameBytes).contains($0.address.host.utf8.count)
                    && $0.listener.utf8.count <= Limit.nameBytes && $0.address.port > 0
            })
        else {
            let listener = configuration.listeners.first ?? ""
            return changeRefusal(
                .invalidRequest, "The voter's endpoints lack one for the listener \(listener)")
        }
        return nil
    }

    /// The address on the listener that the quorum talks on.
    func defaultAddress(in endpoints: [VoterSet.Endpoint]) -> QuorumAddress? {
        guard let listener = configuration.listeners.first else { return endpoints.first?.address }
        return endpoints.first { $0.listener == listener }?.address
    }

    /// Nothing of this term is committed yet, so an earlier leader's change may still come to light.
    func refusalOfEarliness() -> Response.ChangeResponse? {
        guard hasCommittedInTerm else {
            return changeRefusal(.requestTimedOut, "The leader has not committed anything yet")
        }
        return nil
    }

    func refusalOfChange() -> Response.ChangeResponse? {
        if let refusal = refusalOfEarliness() { return refusal }
        guard log.voters.kraftVersion > 0 else {
            return changeRefusal(
                .unsupportedVersion,
                "The voters of this cluster are fixed: the level of kraft.version is 0")
        }
        return refusalOfConcurrency()
    }

    /// Adjacent sets differ by one voter, so that their majorities meet; two changes at once would not.
    func refusalOfConcurrency() -> Response.ChangeResponse? {
        guard case .leader(let state) = role, state.change == nil else {
            return changeRefusal(
                .requestTimedOut, "The leader works on another change of the voters")
        }
        let at = log.voters.latestOffset
        guard at < highWatermark ?? .none else {
            return changeRefusal(
                .requestTimedOut, "The change of the voters at \(at.rawValue) is not committed yet")
        }
        return nil
    }

    func refusalOfNewcomer(_ newcomer: ReplicaKey) -> Response.ChangeResponse? {
        guard voters[newcomer.id] == nil, newcomer.id != configuration.id else {
            return changeRefusal(
                .duplicateVoter, "The id of \(newcomer) is already among the voters \(names)")
        }
        return nil
    }

    func refusalOfRemoval(_ voter: ReplicaKey) -> Response.ChangeResponse? {
        guard voters.voters.contains(where: { $0.key == voter }) else {
            return changeRefusal(.voterNotFound, "\(voter) is not among the voters \(names)")
        }
        guard voters.voters.count > 1 else {
            return changeRefusal(.invalidRequest, "\(voter) is the only voter")
        }
        return nil
    }

    private var names: String {
        "[" + voters.voters.map { "\($0.key)" }.joined(separator: ", ") + "]"
    }
}
