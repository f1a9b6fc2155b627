internal import Bytes
internal import Client
internal import Model
internal import Platform
internal import Ports

/// `martlet up`: a whole cluster of combined nodes on this machine, one process each, in the foreground.
///
/// Node n (from 1) listens for clients on `base-port` + n - 1, for the quorum 1000 above that, and for
/// metrics 552 above it (9644 for 9092). What it keeps is in `DIR/node-n`; its log in `DIR/node-n/server.log`. A second
/// start with the same directory goes on with the same cluster. No node is started again by itself.
enum Up: Tool {
    static let name = "up"
    static let summary = "Run a cluster on this machine: format, start, stop on Ctrl-C."
    static let isKafkas = false
    static let heedsInterruption = true
    static let helpCode: Int32 = ExitCode.success
    static let flags = [
        Flag("nodes", .value("number"), "How many nodes, 1 to 9 (3)."),
        Flag("base-port", .value("port"), "Client port of the first node (9092)."),
        Flag("dir", .value("directory"), "Where everything is kept (./martlet-data)."),
    ]

    /// How long all nodes together may take until they serve.
    private static let readyLimit = Duration.seconds(60)
    /// How long a node may take to stop in order before it is ended.
    private static let stopLimit = Duration.seconds(30)

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let count = Int(try arguments.number("nodes", in: 1...9) ?? 3)
        let basePort = try arguments.number("base-port", in: 1...64_000) ?? 9092
        let plan = UpPlan(
            nodeCount: count, basePort: UInt16(basePort),
            directory: arguments.value("dir") ?? "martlet-data")
        try plan.checkMark(host)
        let runtime = try host.runtime()
        try await checkPorts(plan, runtime)
        try plan.prepare(host, entropy: runtime.entropy, now: SystemClock.wall())

        let program: String
        do { program = try HostProcess.executablePath() } catch {
            throw .failed("this program cannot be found to start nodes of it: \(error.reason)")
        }
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        Interruption.onEach { feed.yield(.interrupted) }
        var nodes = Nodes(output: host.output)
        do {
            for node in plan.nodes { try nodes.start(node, program, feed) }
        } catch {
            nodes.stopAll()
            throw error
        }
        host.output.line(
            "\(count) node\(count == 1 ? "" : "s") starting, logs in "
                + plan.nodes.map(\.log).joined(separator: " "))
        let watcher = Task { await announce(plan, host, runtime) }
        let code = await attend(&nodes, events, feed, runtime)
        watcher.cancel()
        return code
    }

    // MARK: Events

    enum Event: Sendable {
        case interrupted
        case ended(UpPlan.Node, code: Int32)
        case stopOverdue
    }

    /// Until all nodes have ended: after Ctrl-C, or because one died.
    private static func attend(
        _ nodes: inout Nodes, _ events: AsyncStream<Event>,
        _ feed: AsyncStream<Event>.Continuation, _ runtime: ClientRuntime
    ) async -> Int32 {
        var code = ExitCode.success
        var isStopping = false
        for await event in events {
            switch event {
            case .interrupted:
                if isStopping {
                    nodes.killAll()
                } else {
                    isStopping = true
                    nodes.output.error("stopping")
                    nodes.stopAll()
                    let loop = LoopBound(runtime.loop, on: runtime.loop)
                    loop.post { loop in
                        loop.arm(at: loop.now + stopLimit) { feed.yield(.stopOverdue) }
                    }
                }
            case .stopOverdue:
                nodes.output.error("a node does not stop: it is ended")
                nodes.killAll()
            case .ended(let node, let nodeCode):
                nodes.ended(node)
                if !isStopping || nodeCode != 0 {
                    nodes.output.error(
                        "node \(node.id) ended with code \(nodeCode), see \(node.log)")
                    code = ExitCode.failure
                }
            }
            if nodes.isEmpty { break }
        }
        return code
    }

    /// Prints the bootstrap line once every node serves, and what is missing until then.
    private static func announce(
        _ plan: UpPlan, _ host: ToolHost, _ runtime: ClientRuntime
    ) async {
        var configuration = ClientConfiguration(bootstrapServers: plan.servers)
        configuration.operationTimeout = .seconds(2)
        configuration.reconnectBackoff = .milliseconds(20)
        configuration.reconnectBackoffMax = .milliseconds(100)
        let admin = Admin(configuration, runtime: runtime)
        let start = SystemClock.monotonic()
        var serving = -1
        while !Task.isCancelled, SystemClock.monotonic() - start < readyLimit {
            var now = 0
            do {
                now = try await admin.describeCluster().nodes.count { !$0.isFenced }
            } catch {
                now = 0
            }
            if now == plan.nodeCount {
                let took = (SystemClock.monotonic() - start).inMilliseconds
                let list = plan.servers.map(\.description).joined(separator: ",")
                host.output.line("started in \(took) ms: --bootstrap-server \(list)")
                host.output.flush()
                await admin.close()
                return
            }
            if now != serving {
                serving = now
                host.output.line("\(now) of \(plan.nodeCount) nodes serve")
                host.output.flush()
            }
            await admin.sleep(for: .milliseconds(20))
        }
        if !Task.isCancelled {
            host.output.error(
                "not all nodes serve after \(readyLimit.inMilliseconds) ms: see their logs")
        }
        await admin.close()
    }

    // MARK: Ports

    /// Tries every port, so that one that is taken is named before anything is written.
    private static func checkPorts(
        _ plan: UpPlan, _ runtime: ClientRuntime
    ) async throws(ToolFailure) {
        for node in plan.nodes {
            for (host, port) in [
                ("localhost", node.clientPort), ("localhost", node.controllerPort),
                ("127.0.0.1", node.httpPort),
            ] {
                do {
                    let listener = try runtime.transport.listen(
                        host: host, port: port, options: SocketOptions(framing: .none),
                        loops: [runtime.loop], accept: { _ in nil })
                    listener.close()
                } catch {
                    throw .failed(
                        "port \(port) for node \(node.id) cannot be used (\(error.reason)): end what "
                            + "uses it, or choose another --base-port")
                }
            }
        }
    }
}

/// The nodes' processes.
private struct Nodes {
    let output: ToolOutput
    private var running: [(node: UpPlan.Node, process: ChildProcess)] = []

    init(output: ToolOutput) { self.output = output }

    var isEmpty: Bool { running.isEmpty }

    /// Starts a node; `feed` hears of its end. A shell directs its words to its log and becomes the node.
    mutating func start(
        _ node: UpPlan.Node, _ program: String, _ feed: AsyncStream<Up.Event>.Continuation
    ) throws(ToolFailure) {
        do {
            let process = try ChildProcess(
                path: "/bin/sh",
                arguments: [
                    "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "martlet", node.log,
                    program, "server-start", node.configuration,
                ])
            running.append((node, process))
            try SystemThread(name: "node-\(node.id)") {
                let code: Int32
                do { code = try process.wait() } catch { code = ExitCode.failure }
                feed.yield(.ended(node, code: code))
            }.detach()
        } catch {
            throw .failed("node \(node.id) cannot be started: \(error.reason)")
        }
    }

    func stopAll() { signalAll { process throws(Errno) in try process.terminate() } }

    func killAll() { signalAll { process throws(Errno) in try process.kill() } }

    private func signalAll(_ signal: (ChildProcess) throws(Errno) -> Void) {
        for (node, process) in running {
            do { try signal(process) } catch {
                output.error("node \(node.id) cannot be stopped: \(error.reason)")
            }
        }
    }

    mutating func ended(_ node: UpPlan.Node) { running.removeAll { $0.node == node } }
}
