internal import Model

extension NodeConfiguration.Draft {
    /// Who is in the quorum, or where to ask; and whether this node's role agrees with it (KR-24).
    mutating func readQuorum() {
        let votersName = "controller.quorum.voters"
        for entry in settings.list(votersName) {
            guard let voter = StaticVoter(entry) else {
                refuse(votersName, allowed: "id@host:port,…, unlike \(entry)")
                continue
            }
            if voters.contains(where: { $0.id == voter.id }) {
                refuse(votersName, allowed: "without id \(voter.id.rawValue) twice")
                continue
            }
            voters.append(voter)
        }
        let serversName = "controller.quorum.bootstrap.servers"
        for entry in settings.list(serversName) {
            guard let server = HostAndPort(entry) else {
                refuse(serversName, allowed: "host:port,…, unlike \(entry)")
                continue
            }
            bootstrapServers.append(server)
        }
        checkMembership(votersName)
        if voters.isEmpty, bootstrapServers.isEmpty, !wasRefused(votersName),
            !wasRefused(serversName)
        {
            refuse(
                serversName,
                allowed: "host:port,… of the controllers, unless \(votersName) lists them")
        }
    }

    private mutating func checkMembership(_ votersName: String) {
        guard !voters.isEmpty, !wasRefused("node.id"), !wasRefused("process.roles") else { return }
        let own = voters.first { $0.id == nodeID }
        if isController, own == nil {
            refuse(
                votersName,
                allowed: "with this node, \(nodeID.rawValue), as it is a controller")
        }
        if !isController, own != nil {
            refuse(
                votersName,
                allowed: "without this node, \(nodeID.rawValue), as it is no controller")
        }
        guard isController, let own, let name = controllerListenerNames.first,
            let listener = listeners.first(where: { $0.listener == name }), listener.port != 0
        else { return }
        let advertisedPort = advertised.first { $0.listener == name }?.port
        if own.address.port != listener.port, own.address.port != advertisedPort {
            warn(
                votersName,
                "names port \(own.address.port) for this node, whose listener \(name) has "
                    + "\(listener.port)")
        }
    }
}
