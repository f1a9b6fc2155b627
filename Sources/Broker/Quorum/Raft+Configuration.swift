internal import Configuration
internal import Model
internal import Raft

extension Raft.Configuration {
    /// What the mind needs of a node's configuration.
    init(
        _ configuration: NodeConfiguration, clusterID: String, _ directoryID: DirectoryID
    ) {
        let listener = configuration.controllerListenerNames.first ?? "CONTROLLER"
        let voters = configuration.staticVoters.map { voter in
            VoterSet.Voter(
                ReplicaKey(voter.id),
                endpoints: [
                    VoterSet.Endpoint(
                        listener: listener,
                        address: QuorumAddress(host: voter.address.host, port: voter.address.port))
                ])
        }
        self.init(
            clusterID: clusterID, id: configuration.nodeID, directoryID: directoryID,
            isController: configuration.isController, staticVoters: VoterSet(voters),
            bootstrapServers: configuration.bootstrapServers.map {
                QuorumAddress(host: $0.host, port: $0.port)
            },
            endpoints: configuration.advertisedControllerListeners.map {
                VoterSet.Endpoint(
                    listener: $0.listener, address: QuorumAddress(host: $0.host, port: $0.port))
            },
            listeners: configuration.controllerListenerNames)
        electionTimeout = configuration.electionTimeout
        fetchTimeout = configuration.quorumFetchTimeout
        electionBackoffMax = configuration.electionBackoffMax
        requestTimeout = configuration.quorumRequestTimeout
        retryBackoff = configuration.quorumRetryBackoff
        joinsByItself = configuration.settings.flag("controller.quorum.auto.join.enable")
        fetchBytesMax = configuration.quorumFetchMaxBytes
    }
}
