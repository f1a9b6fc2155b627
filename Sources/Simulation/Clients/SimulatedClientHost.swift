package import Client
internal import Model
internal import Ports

/// A host on which the real client runs.
package final class SimulatedClientHost: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    package let host: String
    package let runtime: ClientRuntime
    package let configuration: ClientConfiguration
    let time: VirtualTime
    private let process: SimulatedProcess

    init(
        host: String, number: UInt64, network: SimulatedNetwork, seed: UInt64,
        servers: [(host: String, port: UInt16)]
    ) {
        self.host = host
        time = network.time
        process = SimulatedProcess(host: host, time: network.time)
        runtime = ClientRuntime(
            loop: SimulatedLoop(process, number: number),
            transport: SimulatedTransport(network, process),
            entropy: SimulatedEntropy(seed: seed))
        var configuration = ClientConfiguration(
            bootstrapServers: servers.map { ServerAddress(host: $0.host, port: $0.port) })
        configuration.clientID = "client-\(number)"
        configuration.requestTimeout = .seconds(5)
        configuration.connectTimeout = .seconds(2)
        self.configuration = configuration
    }

    /// Runs `work` on the client's loop, soon.
    func run(_ work: @escaping @Sendable () -> Void) { runtime.loop.post(work) }
}

extension SimulatedClientHost {
    /// The real client as a consumer, which is told to take when there is something. On the host's loop only.
    func makeConsumer(
        _ settings: ConsumerConfiguration, take: @escaping () -> Void
    ) -> ClientDriver {
        let driver = ClientDriver(configuration, consumer: settings, runtime: runtime)
        driver.onRecords = take
        return driver
    }
}

extension ConsumerConfiguration {
    /// Reads topics that are there from their beginning.
    static var fromBeginning: ConsumerConfiguration {
        var configuration = ConsumerConfiguration()
        configuration.offsetReset = .earliest
        configuration.createsTopics = false
        return configuration
    }
}
