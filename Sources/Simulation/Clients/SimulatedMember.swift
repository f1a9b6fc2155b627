internal import Bytes
internal import Client
internal import Model
internal import Ports

/// A member of a group: the real client, which reads what the group gives it and commits what it has read.
package final class SimulatedMember: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// How often it commits.
    static let commitInterval = Duration.milliseconds(300)

    package let number: Int
    private let host: SimulatedClientHost
    private let configuration: ConsumerConfiguration
    private let topic: String
    private let book: GroupBook
    private var driver: ClientDriver?
    /// Where each partition that it owns goes on.
    private var positions: [TopicPartition: Offset] = [:]
    private var isCommitting = false
    /// Whose place it takes.
    let instanceID: String?

    init(
        on host: SimulatedClientHost, number: Int, _ group: GroupConfiguration, topic: String,
        book: GroupBook
    ) {
        self.host = host
        self.number = number
        self.topic = topic
        self.book = book
        instanceID = group.instanceID
        var configuration = ConsumerConfiguration.fromBeginning
        var group = group
        // What is committed is what was noted, no more.
        group.commitsAutomatically = false
        configuration.group = group
        self.configuration = configuration
    }

    package func start() {
        host.run { [self] in
            let driver = host.makeConsumer(configuration) { [unowned self] in take() }
            self.driver = driver
            driver.onRebalance = { [unowned self] in heard($0) }
            do throws(ClientError) {
                try driver.subscribe(.topics([topic]))
            } catch {
                preconditionFailure("a member may subscribe: \(error)")
            }
            driver.pollBegan()
            tick()
        }
    }

    /// Commits, gives everything up and leaves.
    package func leave() {
        host.run { [self] in
            driver?.leave { [self] in end() }
        }
    }

    /// Is gone from one moment to the next.
    package func crash() { host.run { [self] in end() } }

    private func end() {
        driver?.close()
        driver = nil
        positions = [:]
        book.gone(number)
    }

    private func heard(_ event: RebalanceEvent) {
        switch event {
        case .assigned(let partitions): book.assigned(partitions, to: number)
        case .revoked(let partitions), .lost(let partitions):
            book.released(partitions, by: number)
            for partition in partitions { positions[partition] = nil }
        case .commitFailed: break
        }
    }

    private func take() {
        guard let driver else { return }
        do throws(ClientError) {
            for chunk in try driver.take() {
                var first: Offset?
                try chunk.forEachRecord { record in first = first ?? record.offset }
                book.read(
                    chunk.partition, from: first ?? chunk.nextOffset, to: chunk.nextOffset,
                    by: number)
                positions[chunk.partition] = chunk.nextOffset
            }
            // It is done with them at once, so partitions can be given up.
            driver.pollBegan()
        } catch {
            book.timeline.add("member \(number): \(error)")
        }
    }

    private func tick() {
        guard driver != nil else { return }
        commit()
        host.runtime.loop.arm(at: host.runtime.loop.now + Self.commitInterval) { [weak self] in
            self?.tick()
        }
    }

    private func commit() {
        guard let driver, !isCommitting, !positions.isEmpty else { return }
        isCommitting = true
        let asked = positions
        driver.commit(asked.mapValues { CommittedOffset($0) }, within: .seconds(5)) {
            [weak self] error in
            guard let self else { return }
            isCommitting = false
            if error == nil { book.committed(asked) }
        }
    }
}
