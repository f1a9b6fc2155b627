internal import Bytes
internal import Client
internal import Model
internal import Platform
internal import Ports

/// The run of a producer test. It lives on the client's loop and gives records straight to the driver, so
/// that what is measured is the client and not the way to it.
final class ProducerLoad {
    private let load: PerfLoad
    private let driver: ClientDriver
    private let loop: any Loop
    private let output: ToolOutput
    private var given: Int64 = 0
    private var settled: Int64 = 0
    private var failed: Int64 = 0
    private var bytes: Int64 = 0
    private var all = LatencyHistogram()
    private var steady = LatencyHistogram()
    private var steadyBytes: Int64 = 0
    private var steadyStart = Instant.zero
    private var window = Window()
    private var start = Instant.zero
    private var lastFailure: ClientError?
    private var isFilling = false
    private var completion: ((Int64) -> Void)?

    private struct Window {
        var start = Instant.zero
        var count: Int64 = 0
        var bytes: Int64 = 0
        var latency = 0.0
        var longest = 0.0
    }

    /// Records given before the loop looks after its connections.
    private static let recordsPerTurn = 2_000

    init(
        _ load: PerfLoad, _ client: ClientConfiguration, _ settings: ProducerConfiguration,
        _ runtime: ClientRuntime, _ output: ToolOutput
    ) {
        self.load = load
        self.output = output
        loop = runtime.loop
        driver = ClientDriver(client, producer: settings, runtime: runtime)
    }

    /// Writes everything; `completion` hears how many records failed. The test keeps itself alive until
    /// then.
    func start(_ completion: @escaping (Int64) -> Void) {
        self.completion = completion
        start = SystemClock.monotonic()
        window.start = start
        driver.onDelivery = { [self] in delivered($0) }
        driver.onRoom = { [self] in fillLater() }
        fillLater()
        report()
    }

    // MARK: Giving

    private func fillLater() {
        guard !isFilling else { return }
        isFilling = true
        loop.atEndOfTurn { [self] in fill() }
    }

    private func fill() {
        isFilling = false
        let now = SystemClock.monotonic()
        let token = UInt64(bitPattern: now.nanoseconds)
        for _ in 0..<Self.recordsPerTurn {
            guard given < load.total else { return allGiven(now) }
            guard given < allowed(at: now) else { return waitForRate(now) }
            do {
                let outcome = try driver.send(record(), token: token)
                guard outcome == .taken else { return }
            } catch {
                refused(1, error.description, error)
            }
            given += 1
        }
        // The loop must breathe: its connections are served between two rounds.
        let next = LoopBound(self, on: loop)
        loop.post { next.take().fillLater() }
    }

    /// Nothing more will be given. If all was refused at once, no delivery is to come.
    private func allGiven(_ now: Instant) {
        guard settled < load.total else { return finish(now) }
        driver.flush()
    }

    private func record() -> ProducerRecord {
        let value =
            load.isMonotonic
            ? SharedBytes(utf8: String(given))
            : load.payloads[Int(given % Int64(load.payloads.count))]
        return ProducerRecord(topic: load.topic, value: value)
    }

    /// How many records may have been given by now.
    private func allowed(at now: Instant) -> Int64 {
        guard load.rate > 0 else { return .max }
        let elapsed = Double((now - start).inNanoseconds) / 1e9
        return Int64(elapsed * Double(load.rate)) + 1
    }

    private func waitForRate(_ now: Instant) {
        let pause = max(1_000_000_000 / load.rate, 1_000_000)
        loop.arm(at: loop.now + .nanoseconds(pause)) { [self] in fillLater() }
    }

    // MARK: Counting

    private func delivered(_ delivery: Delivery) {
        let now = SystemClock.monotonic()
        switch delivery.outcome {
        case .failed(let error):
            refused(
                Int64(delivery.tokens.count), "\(delivery.partition): \(error.description)", error)
        case .written:
            for token in delivery.tokens { written(sentAt: token, now) }
            settled += Int64(delivery.tokens.count)
        }
        if settled >= load.total { finish(now) }
    }

    /// Counts records that are not written; a reason is told once in a row.
    private func refused(_ count: Int64, _ reason: String, _ error: ClientError) {
        if lastFailure != error { output.error(reason) }
        lastFailure = error
        failed += count
        settled += count
    }

    private func written(sentAt token: UInt64, _ now: Instant) {
        let sent = Instant(nanoseconds: Int64(bitPattern: token))
        let latency = Double((now - sent).inNanoseconds) / 1e6
        let size = Int64(
            load.isMonotonic ? 8 : load.payloads[Int(all.count % Int64(load.payloads.count))].count)
        all.add(latency)
        bytes += size
        window.count += 1
        window.bytes += size
        window.latency += latency
        window.longest = max(window.longest, latency)
        guard load.warmup > 0, all.count > load.warmup else { return }
        if steady.count == 0 { steadyStart = now }
        steady.add(latency)
        steadyBytes += size
    }

    // MARK: Lines

    private func report() {
        loop.arm(at: loop.now + load.interval) { [self] in
            guard completion != nil else { return }
            printWindow()
            report()
        }
    }

    private func printWindow() {
        let now = SystemClock.monotonic()
        let seconds = max(Double((now - window.start).inNanoseconds) / 1e9, 1e-9)
        let count = Double(window.count)
        output.line(
            "\(window.count) records sent, \(Format.fixed(count / seconds, 1)) records/sec "
                + "(\(Format.fixed(Double(window.bytes) / seconds / 1_048_576, 2)) MB/sec), "
                + "\(Format.fixed(count == 0 ? 0 : window.latency / count, 1)) ms avg latency, "
                + "\(Format.fixed(window.longest, 1)) ms max latency.")
        output.flush()
        window = Window()
        window.start = now
    }

    private func finish(_ now: Instant) {
        guard let completion else { return }
        self.completion = nil
        output.line(Self.total(all, bytes, now - start, "records sent"))
        if load.warmup > 0, steady.count > 0 {
            output.line(
                Self.total(steady, steadyBytes, now - steadyStart, "steady state records sent"))
        }
        driver.onDelivery = { _ in }
        driver.onRoom = {}
        driver.close()
        completion(failed)
    }

    static func total(
        _ latency: LatencyHistogram, _ bytes: Int64, _ elapsed: Duration, _ what: String
    ) -> String {
        let seconds = max(Double(elapsed.inNanoseconds) / 1e9, 1e-9)
        let rate = Format.fixed(Double(latency.count) / seconds, 6)
        let megabytes = Format.fixed(Double(bytes) / seconds / 1_048_576, 2)
        return "\(latency.count) \(what), \(rate) records/sec (\(megabytes) MB/sec), "
            + "\(Format.fixed(latency.average, 2)) ms avg latency, "
            + "\(Format.fixed(latency.longest, 2)) ms max latency, "
            + "\(latency.percentile(0.5)) ms 50th, \(latency.percentile(0.95)) ms 95th, "
            + "\(latency.percentile(0.99)) ms 99th, \(latency.percentile(0.999)) ms 99.9th."
    }
}
