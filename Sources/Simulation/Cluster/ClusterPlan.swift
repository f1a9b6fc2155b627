package import Model

/// Which nodes a cluster has, and how they are set up.
package struct ClusterPlan {
    package enum Role: String {
        case combined = "broker,controller"
        case controller
        case broker

        package var isController: Bool { self != .broker }
        package var isBroker: Bool { self != .controller }
    }

    package struct Member {
        package let id: BrokerID
        package let role: Role
    }

    package var members: [Member]
    /// The voters stand in the log with their directory ids (kraft.version 1), not in the settings.
    package var keepsVotersInLog = false
    /// How many log directories a node has.
    package var directoryCount = 1
    /// Each broker is in a rack of its own, and consumers read from the one in theirs (KIP-392).
    package var readsNearby = false
    /// Lines of `server.properties` for all nodes.
    package var settings: [String] = []

    /// Nodes that are both.
    package static func combined(_ count: Int) -> ClusterPlan {
        ClusterPlan(
            members: (1...count).map { Member(id: BrokerID(Int32($0)), role: .combined) })
    }

    /// Controllers with the first ids, then brokers.
    package static func separate(controllers: Int, brokers: Int) -> ClusterPlan {
        ClusterPlan(
            members: (1...controllers + brokers).map {
                Member(
                    id: BrokerID(Int32($0)), role: $0 <= controllers ? .controller : .broker)
            })
    }

    var controllers: [Member] { members.filter(\.role.isController) }

    /// The log directories of each node; the metadata lies in the first.
    var directories: [String] {
        (1...directoryCount).map {
            $0 == 1 ? SimulatedNode.dataDirectory : "\(SimulatedNode.dataDirectory)\($0)"
        }
    }

    /// In words, for one who reads of a seed.
    package var description: String {
        let both = members.filter { $0.role == .combined }.count
        let shape =
            both > 0
            ? "\(both) combined"
            : "\(controllers.count)+\(members.count - controllers.count)"
        return shape + (keepsVotersInLog ? ", voters in the log" : "")
    }

    // MARK: Settings of a node

    func lines(for member: Member) -> [String] {
        let host = SimulatedNode.host(of: member.id)
        var listeners: [String] = []
        if member.role.isBroker {
            listeners.append("PLAINTEXT://\(host):\(SimulatedNode.brokerPort)")
        }
        if member.role.isController {
            listeners.append("CONTROLLER://\(host):\(SimulatedNode.controllerPort)")
        }
        let addresses = controllers.map {
            "\(SimulatedNode.host(of: $0.id)):\(SimulatedNode.controllerPort)"
        }
        let quorum =
            keepsVotersInLog
            ? "controller.quorum.bootstrap.servers=\(addresses.joined(separator: ","))"
            : "controller.quorum.voters="
                + zip(controllers, addresses).map { "\($0.id.rawValue)@\($1)" }
                .joined(separator: ",")
        return [
            "process.roles=\(member.role.rawValue)", "node.id=\(member.id.rawValue)",
            "listeners=\(listeners.joined(separator: ","))",
            "controller.listener.names=CONTROLLER", quorum,
            "log.dirs=\(directories.joined(separator: ","))", "default.replication.factor=3",
            "min.insync.replicas=2", "num.partitions=3", "http.listener=",
        ] + rackLines(member) + settings
    }

    /// The rack of a broker.
    package static func rack(of broker: BrokerID) -> String { "rack-\(broker.rawValue)" }

    private func rackLines(_ member: Member) -> [String] {
        guard readsNearby, member.role.isBroker else { return [] }
        return [
            "broker.rack=\(Self.rack(of: member.id))",
            "replica.selector.class="
                + "org.apache.kafka.common.replica.RackAwareReplicaSelector",
        ]
    }
}
