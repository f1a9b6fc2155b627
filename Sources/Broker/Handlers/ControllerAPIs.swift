internal import Bytes
internal import Controller
internal import Model
internal import Ports
internal import Wire
internal import WireMessages

/// The APIs that the active controller answers. On a broker's listener those that clients use are forwarded
/// to it as they are (KIP-590).
enum ControllerAPIs {
    static let entries: [APIEntry] =
        forwarded + [
            entry(.alterPartition, 2...3, AlterPartitionHandler.handle),
            entry(.brokerRegistration, 0...4, BrokerRegistrationHandler.handle),
            APIEntry(.brokerHeartbeat, 0...2, on: [.controller]) { (scope) throws(DecodeError) in
                let request: BrokerHeartbeatRequest = try scope.request()
                // A broken heartbeat connection is the first sign of a broker's end.
                scope.connection?.heartbeatOf = BrokerID(request.brokerID)
                scope.decide(request, BrokerHeartbeatHandler.handle)
            },
            entry(.allocateProducerIds, 0...0, AllocateProducerIdsHandler.handle),
            entry(.controllerRegistration, 0...0, ControllerRegistrationHandler.handle),
            entry(.assignReplicasToDirs, 0...0, AssignReplicasToDirsHandler.handle),
        ]

    private static let forwarded: [APIEntry] = [
        admin(.createTopics, 2...7, CreateTopicsHandler.handle),
        admin(.deleteTopics, 1...6, DeleteTopicsHandler.handle),
        admin(.alterConfigs, 0...2, AlterConfigsHandler.handle),
        admin(.createPartitions, 0...3, CreatePartitionsHandler.handle),
        admin(.electLeaders, 0...2, ElectLeadersHandler.handle),
        admin(.incrementalAlterConfigs, 0...1, IncrementalAlterConfigsHandler.handle),
        admin(.alterPartitionReassignments, 0...1, AlterPartitionReassignmentsHandler.handle),
        admin(.listPartitionReassignments, 0...0, ListPartitionReassignmentsHandler.handle),
        admin(.updateFeatures, 0...2, UpdateFeaturesHandler.handle),
        admin(.unregisterBroker, 0...0, UnregisterBrokerHandler.handle),
    ]

    typealias Handler<Request: RequestMessage> =
        @Sendable (
            Request, Int16, ControllerDriver, @escaping (Request.Response) -> Void
        ) -> Void

    /// From node to node only.
    private static func entry<Request: RequestMessage>(
        _ key: ApiKey, _ versions: ClosedRange<Int16>, _ handler: @escaping Handler<Request>
    ) -> APIEntry {
        APIEntry(key, versions, on: [.controller]) { (scope) throws(DecodeError) in
            scope.decide(try scope.request(Request.self), handler)
        }
    }

    /// From clients too.
    private static func admin<Request: RequestMessage>(
        _ key: ApiKey, _ versions: ClosedRange<Int16>, _ handler: @escaping Handler<Request>
    ) -> APIEntry {
        APIEntry(key, versions, on: [.broker, .controller]) { (scope) throws(DecodeError) in
            // Decoded here too, so that what cannot be read never leaves this broker.
            let request = try scope.request(Request.self)
            switch scope.exchange.listener.kind {
            case .broker: scope.forward()
            case .controller: scope.decide(request, handler)
            }
        }
    }
}

extension RequestScope {
    /// Runs a controller's handler on the metadata loop.
    func decide<Request: RequestMessage>(
        _ request: Request, _ handler: @escaping ControllerAPIs.Handler<Request>
    ) {
        let exchange = exchange
        withController { controller in
            guard controller.isActive || !exchange.isForwarded else {
                exchange.redirect()
                return
            }
            handler(request, exchange.version, controller) { exchange.respond($0) }
        }
    }

    /// Runs `body` with this node's controller, on the metadata loop; a node without one hangs up.
    func withController(_ body: @escaping @Sendable (ControllerDriver) -> Void) {
        let exchange = exchange
        guard let cluster = shard.cluster else {
            exchange.closeConnection()
            return
        }
        cluster.run { link in
            guard let controller = link.controller else {
                exchange.closeConnection()
                return
            }
            body(controller)
        }
    }
}
