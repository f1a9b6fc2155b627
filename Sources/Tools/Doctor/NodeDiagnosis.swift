internal import Configuration
internal import Model

/// Judges a node's configuration by itself: pure checks.
enum NodeDiagnosis {
    /// Numbers of replicas and voters that do not go together.
    static func numbers(_ node: NodeConfiguration) -> [Finding] {
        var findings: [Finding] = []
        let voters = node.staticVoters.count
        if voters > 0, voters % 2 == 0 {
            findings.append(
                Finding(
                    .warning, "quorum-size",
                    "An even number of voters bears no more losses than one voter less.",
                    evidence: "controller.quorum.voters has \(voters)",
                    remedy: "name \(voters - 1) or \(voters + 1)"))
        }
        let pairs = [
            ("min.insync.replicas", "default.replication.factor"),
            ("transaction.state.log.min.isr", "transaction.state.log.replication.factor"),
        ]
        for (least, factor) in pairs
        where node.isBroker && node.settings.int(least) > node.settings.int(factor) {
            findings.append(
                Finding(
                    .warning, "replication-factor",
                    "\(least) asks for more replicas in sync than new topics have.",
                    evidence: "\(least)=\(node.settings.int(least)), "
                        + "\(factor)=\(node.settings.int(factor))",
                    remedy: "raise \(factor), or lower \(least)"))
        }
        return findings
    }

    /// An address of this machine only, where others are expected.
    static func advertised(_ node: NodeConfiguration) -> [Finding] {
        let others =
            node.staticVoters.filter { $0.id != node.nodeID }.map(\.address.host)
            + node.bootstrapServers.map(\.host)
        let hasRemotePeers = others.contains { !isLocal($0) }
        return (node.advertisedListeners + node.advertisedControllerListeners).compactMap {
            endpoint in
            guard isLocal(endpoint.host) else { return nil }
            let isOpen = node.brokerListeners.contains {
                $0.listener == endpoint.listener && ($0.host.isEmpty || $0.host == "0.0.0.0")
            }
            guard hasRemotePeers || isOpen else { return nil }
            return Finding(
                hasRemotePeers ? .error : .warning, "advertised-listener",
                "The listener \(endpoint.listener) is advertised under an address of this machine "
                    + "only: clients elsewhere are sent to themselves.",
                evidence: "\(endpoint)",
                remedy:
                    "set advertised.listeners to a name that clients and the other nodes resolve")
        }
    }

    private static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host.hasPrefix("127.") || host == "::1"
    }
}
