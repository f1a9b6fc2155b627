internal import Broker
internal import Bytes
internal import Configuration
internal import Model
internal import Networking
internal import Platform
internal import Ports
internal import Synchronization
internal import Telemetry

/// `martlet server-start FILE [--override k=v]…`: a node in the foreground, until SIGTERM or Ctrl-C.
enum ServerStart {
    static let usage =
        "usage: martlet server-start server.properties [--override property=value]..."

    /// Answers with the exit code.
    static func run(_ words: [String]) -> Int32 {
        guard let properties = properties(words) else { return 1 }
        let configuration: NodeConfiguration
        do {
            configuration = try NodeConfiguration.parse(
                properties, hostName: HostProcess.hostName)
        } catch {
            for problem in error.problems { complain("\(problem)") }
            return 1
        }
        Signals.ignoreBrokenPipes()
        HostProcess.keepFreedMemory()
        do {
            try HostProcess.raiseDescriptorLimit()
            return try serve(configuration)
        } catch let error as StartError {
            complain(error.description)
        } catch {
            complain("cannot start: \(error)")
        }
        return 1
    }

    private static func properties(_ words: [String]) -> Properties? {
        var words = words.filter { $0 != "-daemon" }[...]
        guard let path = words.popFirst(), !path.hasPrefix("-") else {
            complain(usage)
            return nil
        }
        do {
            var properties = try Properties(parsing: try text(of: path))
            while let flag = words.popFirst() {
                guard flag == "--override", let setting = words.popFirst() else {
                    complain("\(flag) is no flag of server-start\n\(usage)")
                    return nil
                }
                try properties.override(setting)
            }
            return properties
        } catch {
            complain("\(path): \(error)")
            return nil
        }
    }

    private static func text(of path: String) throws -> String {
        let file = try LinuxFileSystem().open(path, .read)
        defer { file.close() }
        let bytes = try file.read(at: 0, count: Int(try file.size()))
        guard let text = bytes.utf8 else {
            throw FileError(.failed, operation: "read", path: path, reason: "not UTF-8 text")
        }
        return text
    }

    private static func serve(_ configuration: NodeConfiguration) throws -> Int32 {
        let logging = Logging(
            clock: { SystemClock.wall() }, sink: { HostProcess.writeError($0 + "\n") })
        let log = logging.log("network")
        let transport = LinuxTransport { trouble in
            log.write(.warn, "networkTrouble", peer: "listener", ["cause": "\(trouble)"])
        }
        let metadataLoop = try EpollLoop(name: "metadata")
        var dataLoops: [EpollLoop] = []
        for index in 0..<max(2, HostProcess.processorCount) {
            dataLoops.append(try EpollLoop(name: "data-\(index)"))
        }
        let world = World(
            fileSystem: LinuxFileSystem(), transport: transport, entropy: LinuxEntropy(),
            dataLoops: dataLoops, metadataLoop: metadataLoop)
        let end: @Sendable (Int32) -> Void = { code in
            Self.status.withLock { if $0 == nil { $0 = code } }
            metadataLoop.stop()
        }
        let server = try BrokerServer.start(
            configuration, world: world, logging: logging, metrics: Metrics(), facts: facts,
            serving: {},
            failed: { cause in
                complain(cause)
                end(1)
            })
        try Signals.watch([.terminate, .interrupt]) { _ in server.stop { end(0) } }
        for loop in dataLoops + [metadataLoop] { try loop.start() }
        metadataLoop.join()
        return Self.status.withLock { $0 ?? 1 }
    }

    /// How the process ends: the first to say so decides.
    private static let status = Mutex<Int32?>(nil)

    /// When this process began to run, in seconds since 1970.
    private static let startTime = Double(SystemClock.wall().rawValue) / 1000

    private static func facts() -> ProcessFacts? {
        do {
            let facts = try HostProcess.facts()
            return ProcessFacts(
                cpuSeconds: Double(facts.cpuTime.inMilliseconds) / 1000,
                residentBytes: facts.residentBytes, openFiles: Int64(facts.openDescriptors),
                openFilesMax: Int64(facts.descriptorsMax), startTime: startTime)
        } catch {
            return nil
        }
    }

    private static func complain(_ text: String) { HostProcess.writeError(text + "\n") }
}
