internal import Client
internal import Bytes
internal import Configuration
internal import Model
internal import Networking
internal import Platform
package import Ports

/// What the door gives the tools.
package struct ToolHost: Sendable {
    package let output: ToolOutput
    package let fileSystem: any FileSystem
    private let makeRuntime: @Sendable () throws(Errno) -> ClientRuntime

    init(
        output: ToolOutput, fileSystem: any FileSystem,
        runtime: @escaping @Sendable () throws(Errno) -> ClientRuntime
    ) {
        self.output = output
        self.fileSystem = fileSystem
        makeRuntime = runtime
    }

    /// This machine: its files, its network, one loop of its own per client.
    package static func linux() -> ToolHost {
        ToolHost(
            output: .standard(), fileSystem: LinuxFileSystem(),
            runtime: { () throws(Errno) in
                let loop = try EpollLoop(name: "client")
                try loop.start()
                return ClientRuntime(
                    loop: loop, transport: LinuxTransport(), entropy: LinuxEntropy())
            })
    }

    func runtime() throws(ToolFailure) -> ClientRuntime {
        do { return try makeRuntime() } catch {
            throw .failed("the network cannot be used: \(error.reason)")
        }
    }

    /// The whole of a file as text.
    func text(ofFile path: String) throws(ToolFailure) -> String {
        do {
            let file = try fileSystem.open(absolute(path), .read)
            defer { file.close() }
            let size = try file.size()
            guard size <= Self.fileBytesMax else {
                throw ToolFailure.failed("\(path) is larger than \(Self.fileBytesMax) bytes")
            }
            let bytes = try file.read(at: 0, count: Int(size))
            guard let text = bytes.utf8 else {
                throw ToolFailure.failed("\(path) is not UTF-8 text")
            }
            return text
        } catch let error as FileError {
            throw .failed("\(path): \(error.reason)")
        } catch let failure as ToolFailure {
            throw failure
        } catch {
            throw .failed("\(path): \(error)")
        }
    }

    /// A file of Java properties.
    func properties(ofFile path: String) throws(ToolFailure) -> Properties {
        let text = try text(ofFile: path)
        do { return try Properties(parsing: text) } catch { throw .failed("\(path): \(error)") }
    }

    /// Writes a file, whole and durable, and the directory it is in if need be.
    func write(
        _ text: String, to path: String, in directory: String
    ) throws(ToolFailure) {
        do {
            try fileSystem.createDirectory(directory, withParents: true)
            let file = try fileSystem.open(path, .replace)
            defer { file.close() }
            try file.write([SharedBytes(utf8: text)], at: 0)
            try file.sync()
        } catch {
            throw .failed("\(path) cannot be written: \(error.reason)")
        }
    }

    private static let fileBytesMax: Int64 = 64 << 20

    /// Paths of the command line are as the kernel takes them.
    func absolute(_ path: String) -> String { path }

    // MARK: Clients

    /// How long a tool tries to reach the first server.
    static let reachLimit = Duration.seconds(10)

    /// The client properties that the flags of a tool give.
    func clientConfiguration(
        _ arguments: Arguments, servers flag: String = "bootstrap-server"
    ) throws(ToolFailure) -> ClientConfiguration {
        try arguments.exclude("bootstrap-server", "bootstrap-controller")
        let isController = arguments.has("bootstrap-controller")
        let name = isController ? "bootstrap-controller" : flag
        let properties = try clientProperties(arguments)
        guard let text = arguments.value(name) ?? properties["bootstrap.servers"] else {
            throw .usage("Missing required argument \"[\(name)]\"")
        }
        do {
            var configuration = ClientConfiguration(
                bootstrapServers: try ServerAddress.list(text))
            configuration.endpointType = isController ? .controllers : .brokers
            try configuration.apply(properties)
            if let limit = try arguments.number("timeout-ms", in: 1...Int64(Int32.max)) {
                configuration.operationTimeout = .milliseconds(limit)
            }
            return configuration
        } catch let error as ClientError {
            throw .failed(error.description)
        } catch let failure as ToolFailure {
            throw failure
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Properties of the file and of single `--command-property` flags, the latter last.
    func clientProperties(_ arguments: Arguments) throws(ToolFailure) -> Properties {
        var properties = Properties()
        do {
            if let path = arguments.value("command-config") {
                properties = try Properties(parsing: try text(ofFile: path))
            }
            for setting in arguments.values("command-property") {
                try properties.override(setting)
            }
        } catch let failure as ToolFailure {
            throw failure
        } catch {
            throw .failed("\(error)")
        }
        return properties
    }

    /// An admin client whose cluster answers.
    func admin(
        _ arguments: Arguments, servers flag: String = "bootstrap-server",
        limit: Duration? = nil
    ) async throws(ToolFailure) -> Admin {
        var configuration = try clientConfiguration(arguments, servers: flag)
        if let limit { configuration.operationTimeout = limit }
        let admin = Admin(configuration, runtime: try runtime())
        do {
            try await admin.reach(within: min(Self.reachLimit, configuration.operationTimeout))
        } catch {
            throw .failed(error.description)
        }
        return admin
    }
}

extension ClientConfiguration {
    /// Takes over the properties that a client of this version knows; refuses those that would promise
    /// protection it does not have.
    mutating func apply(_ properties: Properties) throws(ToolFailure) {
        for key in properties.keys {
            guard let value = properties[key] else { continue }
            switch key {
            case "client.id": clientID = value
            case "request.timeout.ms": requestTimeout = try Self.milliseconds(key, value)
            case "default.api.timeout.ms": operationTimeout = try Self.milliseconds(key, value)
            case "retry.backoff.ms": retryBackoff = try Self.milliseconds(key, value)
            case "retry.backoff.max.ms": retryBackoffMax = try Self.milliseconds(key, value)
            case "reconnect.backoff.ms": reconnectBackoff = try Self.milliseconds(key, value)
            case "reconnect.backoff.max.ms": reconnectBackoffMax = try Self.milliseconds(key, value)
            case "metadata.max.age.ms": metadataMaxAge = try Self.milliseconds(key, value)
            case "socket.connection.setup.timeout.ms":
                connectTimeout = try Self.milliseconds(key, value)
            case "security.protocol" where value.uppercased() != "PLAINTEXT":
                throw .failed("security.protocol=\(value): this version speaks PLAINTEXT only")
            default: break
            }
        }
    }

    private static func milliseconds(
        _ key: String, _ value: String
    ) throws(ToolFailure) -> Duration {
        guard let number = Int64(value), number >= 0 else {
            throw .failed("\(key)=\(value): must be a number of milliseconds")
        }
        return .milliseconds(number)
    }
}
