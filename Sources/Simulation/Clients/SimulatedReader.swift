internal import Bytes
internal import Client
package import Model
internal import Ports

/// A client that reads a topic from its beginning.
package final class SimulatedReader: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    private let host: SimulatedClientHost
    private let places: [TopicPartition]
    /// Where the reader is, empty for nowhere.
    private let rack: String
    private let timeline: Timeline
    private var driver: ClientDriver?
    /// What was read.
    package private(set) var records: [TopicPartition: [(offset: Offset, text: String)]] = [:]
    /// Called for each record.
    var onRecord: (String, Offset, TopicPartition) -> Void = { _, _, _ in }
    private var positions: [TopicPartition: Offset] = [:]

    package init(
        on host: SimulatedClientHost, topic: String, partitionCount: Int32, rack: String = "",
        timeline: Timeline
    ) {
        self.host = host
        self.rack = rack
        self.timeline = timeline
        places = (0..<partitionCount).map { TopicPartition(topic, $0) }
    }

    package func start() {
        host.run { [self] in
            var configuration = ConsumerConfiguration.fromBeginning
            configuration.rack = rack
            driver = host.makeConsumer(configuration) { [unowned self] in take() }
            driver?.assign(places.map { (partition: $0, start: .reset(.earliest)) })
        }
    }

    private func take() {
        guard let driver else { return }
        do throws(ClientError) {
            for chunk in try driver.take() {
                try chunk.forEachRecord { record in
                    let text = record.value?.utf8 ?? "no text"
                    records[chunk.partition, default: []].append((record.offset, text))
                    onRecord(text, record.offset, chunk.partition)
                }
                positions[chunk.partition] = chunk.nextOffset
            }
        } catch {
            timeline.add("reader: \(error)")
        }
    }

    /// Whether everything that `history` knows to be written has been reached.
    package func hasReached(_ history: History) -> Bool {
        places.allSatisfy { (positions[$0] ?? .zero) >= history.end(of: $0) }
    }

    package func close() {
        host.run { [self] in
            driver?.close()
            driver = nil
        }
    }
}
