internal import Bytes
internal import Client
internal import Model
internal import Ports

/// A client that writes numbered records to all partitions of a topic, one after the other, and notes what
/// became of them.
package final class SimulatedProducer: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// Records under way; a tick without room sends nothing.
    static let underWayMax = 200

    private let host: SimulatedClientHost
    private let configuration: ProducerConfiguration
    private let number: Int
    private let topic: String
    private let partitionCount: Int32
    private let history: History
    private let padding: SharedBytes?
    private let timeline: Timeline
    private var driver: ClientDriver?
    private var indices: [Int]
    private var nextPartition: Int32 = 0
    private var underWay: [UInt64: History.Value] = [:]
    private var nextToken: UInt64 = 0
    private var isSending = false
    /// Called for each acknowledged record, before anything else is.
    var acknowledged: (Offset, TopicPartition) -> Void = { _, _ in }

    package init(
        on host: SimulatedClientHost, number: Int, kind: ProducerKind, of workload: Workload,
        timeline: Timeline
    ) {
        self.host = host
        self.number = number
        topic = workload.topic
        partitionCount = workload.partitionCount
        history = workload.history
        padding =
            workload.paddingBytes > 0
            ? SharedBytes(Array(repeating: 0x78, count: workload.paddingBytes)) : nil
        self.timeline = timeline
        indices = Array(repeating: 0, count: Int(partitionCount))
        configuration = kind.configuration
        history.noteProducer(number, kind)
    }

    /// Nothing is under way.
    package var isIdle: Bool { underWay.isEmpty }

    /// Sends a record every `interval`.
    package func start(every interval: Duration) {
        isSending = true
        host.run { [self] in
            let driver = ClientDriver(
                host.configuration, producer: configuration, runtime: host.runtime)
            self.driver = driver
            driver.onDelivery = { [unowned self] in delivered($0) }
            tick(interval)
        }
    }

    /// Sends no more; what is under way goes on.
    package func stop() { isSending = false }

    private func tick(_ interval: Duration) {
        guard isSending, let driver else { return }
        if underWay.count < Self.underWayMax { send(driver) }
        host.runtime.loop.arm(at: host.runtime.loop.now + interval) { [weak self] in
            self?.tick(interval)
        }
    }

    private func send(_ driver: ClientDriver) {
        let partition = nextPartition
        nextPartition = (nextPartition + 1) % partitionCount
        let value = History.Value(
            producer: number, partition: partition, index: indices[Int(partition)])
        let key =
            history.keyNumber(of: value.index).map { SharedBytes(utf8: "\(number)/\($0)") }
            ?? padding
        let record = ProducerRecord(
            topic: topic, partition: partition, key: key,
            value: SharedBytes(utf8: value.description))
        do throws(ClientError) {
            guard try driver.send(record, token: nextToken) == .taken else { return }
            indices[Int(partition)] += 1
            history.noteSent(value)
            underWay[nextToken] = value
            nextToken += 1
        } catch {
            timeline.add("producer \(number) refuses \(value): \(error)")
        }
    }

    private func delivered(_ delivery: Delivery) {
        for (index, token) in delivery.tokens.enumerated() {
            guard let value = underWay.removeValue(forKey: token) else { continue }
            switch delivery.outcome {
            case .written(let base, _):
                let offset = base == .none ? base : base + Int64(index)
                if offset != .none { acknowledged(offset, delivery.partition) }
                history.noteAcknowledged(
                    value, at: offset, of: delivery.partition, now: host.runtime.loop.now)
            case .failed(let error):
                timeline.add("producer \(number): \(value) failed: \(error)")
                history.noteFailed()
            }
        }
    }
}
