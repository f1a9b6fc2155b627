internal import Model
internal import Raft
internal import Wire
internal import WireMessages

/// KIP-853's requests between the mind's words and the wire's.
extension QuorumWire {
    /// The answer before the commit came with 1.
    static let addVoterVersions: ClosedRange<Int16> = 1...1
    static let removeVoterVersions: ClosedRange<Int16> = 0...0
    static let updateVoterVersions: ClosedRange<Int16> = 0...0
    /// Ranges that begin at 0 are told from 4 on (KAFKA-17492).
    static let featuresVersions: ClosedRange<Int16> = 4...4
}

extension AddRaftVoterRequest {
    init(_ add: Raft.Request.AddVoterRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        timeoutMs = Int32(clamping: add.timeout.inMilliseconds)
        voterID = add.voter.id.rawValue
        voterDirectoryID = add.voter.directoryID.uuid
        listeners = add.endpoints.map(Listener.init)
        ackWhenCommitted = add.waitsForCommit
    }

    var quorumRequest: Raft.Request {
        .addVoter(
            Raft.Request.AddVoterRequest(
                voter: ReplicaKey(BrokerID(voterID), DirectoryID(voterDirectoryID)),
                endpoints: listeners.map(\.endpoint),
                timeout: .milliseconds(Int64(timeoutMs)), waitsForCommit: ackWhenCommitted))
    }
}

extension AddRaftVoterResponse {
    init(_ answer: Raft.Response.ChangeResponse) {
        self.init()
        errorCode = answer.error
        errorMessage = answer.message
    }

    var quorumResponse: Raft.Response? { .change(.init(errorCode, errorMessage)) }
}

extension RemoveRaftVoterRequest {
    init(_ remove: Raft.Request.RemoveVoterRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        voterID = remove.voter.id.rawValue
        voterDirectoryID = remove.voter.directoryID.uuid
    }

    var quorumRequest: Raft.Request {
        .removeVoter(
            Raft.Request.RemoveVoterRequest(
                voter: ReplicaKey(BrokerID(voterID), DirectoryID(voterDirectoryID))))
    }
}

extension RemoveRaftVoterResponse {
    init(_ answer: Raft.Response.ChangeResponse) {
        self.init()
        errorCode = answer.error
        errorMessage = answer.message
    }

    var quorumResponse: Raft.Response? { .change(.init(errorCode, errorMessage)) }
}

extension Raft.Response.ChangeResponse {
    /// From an answer that does not say who leads.
    fileprivate init(_ error: ErrorCode, _ message: String?) {
        self.init(error: error, message: message, standing: .init(term: .zero, leader: nil))
    }
}

extension UpdateRaftVoterRequest {
    init(_ update: Raft.Request.UpdateVoterRequest, clusterID: String) {
        self.init()
        self.clusterID = clusterID
        currentLeaderEpoch = update.term.rawValue
        voterID = update.voter.key.id.rawValue
        voterDirectoryID = update.voter.key.directoryID.uuid
        listeners = update.voter.endpoints.map(Listener.init)
        kRaftVersionFeature.minSupportedVersion = update.voter.supportedVersions.lowerBound
        kRaftVersionFeature.maxSupportedVersion = update.voter.supportedVersions.upperBound
    }

    /// Nil if the range of versions is empty.
    var quorumRequest: Raft.Request? {
        let (low, high) = (
            kRaftVersionFeature.minSupportedVersion, kRaftVersionFeature.maxSupportedVersion
        )
        guard low <= high else { return nil }
        return .updateVoter(
            Raft.Request.UpdateVoterRequest(
                term: Term(currentLeaderEpoch),
                voter: VoterSet.Voter(
                    ReplicaKey(BrokerID(voterID), DirectoryID(voterDirectoryID)),
                    endpoints: listeners.map(\.endpoint),
                    supportedVersions: low...high)))
    }
}

extension UpdateRaftVoterResponse {
    init(_ answer: Raft.Response.ChangeResponse) {
        self.init()
        errorCode = answer.error
        currentLeader.leaderID = answer.standing.leader?.rawValue ?? -1
        currentLeader.leaderEpoch = answer.standing.term.rawValue
        guard let address = answer.standing.address else { return }
        currentLeader.host = address.host
        currentLeader.port = Int32(address.port)
    }

    var quorumResponse: Raft.Response? {
        let leader = currentLeader.leaderID >= 0 ? BrokerID(currentLeader.leaderID) : nil
        let port = UInt16(exactly: currentLeader.port).flatMap { $0 > 0 ? $0 : nil }
        let address =
            leader == nil
            ? nil
            : port.map {
                QuorumAddress(host: currentLeader.host, port: $0)
            }
        return .change(
            Raft.Response.ChangeResponse(
                error: errorCode,
                standing: .init(
                    term: Term(currentLeader.leaderEpoch), leader: leader, address: address)))
    }
}

extension ApiVersionsResponse {
    /// What it tells the quorum's leader of a node that wants to vote.
    var quorumResponse: Raft.Response? {
        let levels = supportedFeatures.first { $0.name == "kraft.version" }
        let takesVotes = apiKeys.contains { $0.apiKey == ApiKey.vote.rawValue }
        return .features(
            Raft.Response.FeaturesResponse(
                error: errorCode,
                kraftVersions: levels.flatMap {
                    $0.minVersion <= $0.maxVersion ? $0.minVersion...$0.maxVersion : nil
                },
                takesVotes: takesVotes))
    }
}
