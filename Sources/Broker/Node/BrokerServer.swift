package import Configuration
internal import Bytes
internal import Controller
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
package import Ports
internal import Raft
internal import Replication
package import Telemetry

/// Why a node cannot start, in words that name the thing and the remedy.
package struct StartError: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// A running node: broker, controller or both.
///
/// Start: directories are checked and locked, listeners bound, logs opened (and recovered after an unclean
/// stop); then the loops take over. The node serves clients once it has replayed its own registration. Stop:
/// leaderships move away, logs are closed, the mark of an orderly stop is written last.
package final class BrokerServer: Sendable {
    private let node: Node
    let shards: [LoopBound<Shard>]
    let cluster: LoopBound<ClusterLink>
    private let upkeep: LoopBound<Upkeep>
    private let listeners: [any Listener]

    /// Starts a node.
    ///
    /// - Parameters:
    ///   - facts: what the operating system says of the process, for `/metrics`; nil if it says nothing.
    ///   - serving: called once, on the metadata loop, when the node serves.
    ///   - failed: called when the node cannot go on; the process should end with its words.
    package static func start(
        _ configuration: NodeConfiguration, world: World, logging: Logging, metrics: Metrics,
        facts: @escaping @Sendable () -> ProcessFacts? = { nil },
        serving: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (String) -> Void
    ) throws(StartError) -> BrokerServer {
        for warning in configuration.warnings {
            logging.log("config").warn("configuration", ["warning": warning])
        }
        let checked = try CheckedStorage.check(
            configuration, world: world, log: logging.log("storage"))
        let node = Node(
            configuration: configuration, world: world, clusterID: checked.clusterID,
            logging: logging, metrics: metrics, facts: facts)
        return try BrokerServer(node, checked, serving: serving, failed: failed)
    }

    private init(
        _ node: Node, _ checked: CheckedStorage, serving: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (String) -> Void
    ) throws(StartError) {
        self.node = node
        let brokerStorage = BrokerStorage(directories: checked.handles)
        var shards: [LoopBound<Shard>] = []
        for (index, loop) in node.world.dataLoops.enumerated() {
            let shard = Shard(index: index, loop: loop, node: node, storage: brokerStorage)
            shards.append(LoopBound(shard, on: loop))
        }
        self.shards = shards
        // Before anything changes on disk. Who connects from here on waits in the kernel's queue.
        listeners = try Self.listen(node, shards, .served)
        let storage: NodeStorage
        let link: ClusterLink
        do throws(StartError) {
            storage = try NodeStorage.open(
                checked, world: node.world, log: node.logging.log("storage"))
            link = try Self.makeLink(node, storage, shards, brokerStorage)
        } catch {
            for listener in listeners { listener.close() }
            throw error
        }
        cluster = LoopBound(link, on: node.world.metadataLoop)
        upkeep = LoopBound(
            Upkeep(node: node, shards: shards, directories: checked.replicaDirectories),
            on: node.world.metadataLoop)
        wire(checked.replicaDirectories, serving: serving, failed: failed)
    }

    private func wire(
        _ directories: [OpenDirectory], serving: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (String) -> Void
    ) {
        let (node, shards, cluster, upkeep) = (node, shards, cluster, upkeep)
        for shard in shards {
            shard.post { shard in
                shard.peers = shards
                shard.cluster = cluster
                shard.start()
                shard.startCleaning()
            }
        }
        let loading = LogLoading(
            node: node, shards: shards, directories: directories,
            now: node.world.dataLoops[0].wallTime
        ) { outcome in
            cluster.post { link in
                node.logsLeft = 0
                if let fault = outcome.fault {
                    failed(fault)
                    return
                }
                upkeep.take().start()
                link.logsLoaded(after: outcome.previousRun)
            }
        }
        cluster.post { link in
            link.failed = failed
            link.checkpointsWanted = { upkeep.take().checkpointsWanted() }
            link.serving = {
                node.log.info("started", ["node": node.configuration.nodeID.rawValue])
                serving()
            }
            link.start()
            LoadingWatch(loading, node).start()
            if !node.configuration.isBroker { link.serving?() }
        }
        node.logsLeft = .max
        loading.start()
    }

    // MARK: Parts

    private static func makeLink(
        _ node: Node, _ storage: NodeStorage, _ shards: [LoopBound<Shard>],
        _ brokerStorage: BrokerStorage
    ) throws(StartError) -> ClusterLink {
        let configuration = node.configuration
        let store = storage.metadata
        let quorum: RaftDriver
        do throws(MetadataStoreError) {
            quorum = try RaftDriver(
                node: node, store: store,
                flusher: node.world.fileSystem.makeFlusher(for: store.logDirectory),
                configuration: .init(
                    configuration, clusterID: storage.clusterID, storage.metadataID),
                seed: node.world.entropy.next())
        } catch {
            throw StartError(error.description)
        }
        let controller = configuration.isController ? makeController(node, quorum, storage) : nil
        var registration: BrokerLifecycle.Registration?
        if configuration.isBroker {
            registration = BrokerLifecycle.Registration(
                brokerID: configuration.nodeID, clusterID: storage.clusterID,
                incarnationID: UUID.random { node.world.entropy.next() },
                endpoints: configuration.advertisedListeners,
                features: SupportedFeatures.all.map { ($0.name, $0.levels) }
                    + [(FeatureName.martlet, 0...1)],
                rack: configuration.rack,
                directories: brokerStorage.directories.map(\.id).filter { $0 != .lost })
        }
        return ClusterLink(
            node: node, shards: shards, quorum: quorum, controller: controller,
            registration: registration, storage: brokerStorage)
    }

    private static func makeController(
        _ node: Node, _ quorum: RaftDriver, _ storage: NodeStorage
    ) -> ControllerDriver {
        let configuration = node.configuration
        var settings = ControllerSettings(
            nodeID: configuration.nodeID, clusterID: storage.clusterID,
            broker: configuration.settings)
        settings.martletSession = configuration.brokerSession
        settings.brokerLease = configuration.leaseTerms.leaseMax
        settings.noOpInterval =
            configuration.noOpInterval > .zero ? configuration.noOpInterval : nil
        let isBalancing = configuration.settings.flag("auto.leader.rebalance.enable")
        let pause = configuration.settings.int("leader.imbalance.check.interval.seconds")
        settings.balanceInterval = isBalancing ? .seconds(pause) : nil
        settings.uncleanInterval = .milliseconds(
            configuration.settings.int("unclean.leader.election.interval.ms"))
        let driver = ControllerDriver(
            settings, bootstrap: storage.bootstrap, loop: node.world.metadataLoop,
            logging: node.logging, metrics: node.metrics, seed: node.world.entropy.next())
        driver.records = quorum
        return driver
    }

    private static func listen(
        _ node: Node, _ shards: [LoopBound<Shard>], _ table: APITable
    ) throws(StartError) -> [any Listener] {
        let configuration = node.configuration
        var listeners: [any Listener] = []
        do throws(NetworkError) {
            for endpoint in configuration.controllerListeners {
                let context = ListenerContext(name: endpoint.listener, kind: .controller)
                listeners.append(try listen(on: endpoint, context, node, shards, table))
            }
            for endpoint in configuration.brokerListeners {
                let context = ListenerContext(name: endpoint.listener, kind: .broker)
                listeners.append(try listen(on: endpoint, context, node, shards, table))
            }
            if let http = configuration.httpListener {
                listeners.append(
                    try MetricsServer.listen(
                        host: http.host, port: http.port, on: shards[0].loop,
                        transport: node.world.transport, source: .of(node)))
            }
        } catch {
            for listener in listeners { listener.close() }
            throw StartError(explain(error))
        }
        return listeners
    }

    private static func listen(
        on endpoint: Endpoint, _ context: ListenerContext, _ node: Node,
        _ shards: [LoopBound<Shard>], _ table: APITable
    ) throws(NetworkError) -> any Listener {
        let settings = node.configuration.settings
        let options = SocketOptions(
            framing: .lengthPrefixed(limit: node.configuration.requestMaxBytes),
            sendBufferBytes: settings.int("socket.send.buffer.bytes"),
            receiveBufferBytes: settings.int("socket.receive.buffer.bytes"),
            backlog: settings.int("socket.listen.backlog.size"),
            idleLimit: node.configuration.connectionsMaxIdle)
        let limit = node.connections
        return try node.world.transport.listen(
            host: endpoint.host, port: endpoint.port, options: options,
            loops: node.world.dataLoops
        ) { connection in
            guard let home = shards.first(where: { $0.loop === connection.loop }) else {
                preconditionFailure("connections live on the loops they were spread over")
            }
            // Before it has caught up a broker would show clients an empty cluster.
            guard context.kind == .controller || node.isOpen else { return nil }
            guard limit.admit(PeerAddress.host(of: connection.peer)) else {
                home.take().metrics.network.connectionRefused()
                node.log.write(
                    .warn, "connectionRefused", peer: PeerAddress.host(of: connection.peer),
                    [
                        "peer": connection.peer, "listener": context.name,
                        "cause": "max.connections or max.connections.per.ip",
                    ])
                return nil
            }
            let server = RequestServer(listener: context, shard: home.take(), table: table)
            return ClientConnection(server: server, connection: connection)
        }
    }

    private static func explain(_ error: NetworkError) -> String {
        switch error.kind {
        case .addressInUse:
            "\(error.address) is in use by another process: stop it, or change listeners "
                + "(or http.listener) of this node"
        case .addressNotAvailable, .unresolvable:
            "\(error.address) is no address of this machine: correct listeners. To be reached by "
                + "another name, listen on 0.0.0.0 and set advertised.listeners"
        case .notPermitted:
            "\(error.address) may not be used by this user: choose a port above 1023"
        default: error.description
        }
    }

    // MARK: Stopping

    /// A controlled shutdown; `done` is called, on some loop, when the process may end.
    package func stop(_ done: @escaping @Sendable () -> Void) {
        let upkeep = upkeep
        let listeners = listeners
        node.log.info("stopping", ["node": node.configuration.nodeID.rawValue])
        cluster.post { link in
            let epoch = link.lifecycle?.epoch ?? .none
            link.leave {
                for listener in listeners { listener.close() }
                upkeep.take().closeLogs(epoch: epoch, done)
            }
        }
    }
}
