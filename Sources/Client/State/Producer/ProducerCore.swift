internal import Bytes
internal import Model
internal import Records
internal import Wire
internal import WireMessages

/// What a producer decides: where records go, when batches leave, and what their answers mean.
///
/// A record is put into its partition's queue at once if the topic is known, else it waits for metadata.
/// `drain` sends what is due, one request per broker with a batch of each partition it leads, and at most
/// `inFlightMax` of them at a time. Every record ends in exactly one `Delivery`, at the latest when its
/// delivery timeout has passed.
///
/// Numbered batches (KIP-98) follow the Java producer with one difference: each partition has an epoch of
/// its own above the producer id's, so that a lost sequence on one does not disturb the others.
struct ProducerCore {
    /// A record of a topic that is not known yet.
    struct WaitingRecord: Sendable {
        let record: ProducerRecord
        let token: UInt64
        let size: Int
        let number: UInt64
        let timestamp: Timestamp
        let arrivedAt: Instant
        let deadline: Instant
    }

    /// What the producer keeps for a topic.
    struct Topic {
        let name: String
        var queues: [PartitionQueue] = []
        var available: [Int32] = []
        var sticky: StickyPartitioner
        var waiting: [WaitingRecord] = []
    }

    /// A request under way.
    struct Request {
        let node: BrokerID
        let batches: [(queue: PartitionQueue, batch: ProducerBatch)]
        /// When its answer is taken for overdue.
        let suspicion: Instant
    }

    enum Identity: Hashable, Sendable {
        case notNeeded
        /// To be asked for, not before then.
        case unknown(notBefore: Instant, failures: Int)
        case asked(failures: Int)
        case known(ProducerIdentity)
    }

    let configuration: ProducerConfiguration
    let retry: Backoff
    let patience: Duration
    /// No new question about the layout for the sake of overdue answers before then.
    var nextSuspicion = Instant.zero
    var topics: [Topic] = []
    var topicIndex: [String: Int] = [:]
    /// Queues with something in them, in the order in which they got it.
    var active: [PartitionQueue] = []
    var requests: [UInt64: Request] = [:]
    var requestsByNode: [BrokerID: Int] = [:]
    var nextRequest: UInt64 = 0
    var identity: Identity
    var random: PRNG
    /// Records given to the producer so far.
    var appended: UInt64 = 0
    private(set) var bufferUsed = 0
    private var hasRefused = false
    /// Records up to this number are hurried, and told as `flushed` when they are gone.
    var flushTarget: UInt64?

    init(_ configuration: ProducerConfiguration, client: ClientConfiguration, random: PRNG) {
        self.configuration = configuration
        self.random = random
        patience = client.patience
        retry = Backoff(first: client.retryBackoff, most: client.retryBackoffMax)
        identity =
            configuration.numbersBatches ? .unknown(notBefore: .zero, failures: 0) : .notNeeded
    }

    // MARK: The buffer

    /// Takes room for a record. False if there is none: the caller tries again after `bufferHasRoom`.
    /// A record is let in when it is the only one, however large.
    mutating func reserve(_ size: Int) -> Bool {
        guard bufferUsed == 0 || bufferUsed + size <= configuration.bufferBytes else {
            hasRefused = true
            return false
        }
        bufferUsed += size
        return true
    }

    mutating func release(_ size: Int, effects: inout [ClientEffect]) {
        bufferUsed -= size
        precondition(bufferUsed >= 0, "what is given back was taken")
        guard hasRefused else { return }
        hasRefused = false
        effects.append(.bufferHasRoom)
    }

    /// Whether records are let go without lingering: room is short, or somebody waits for all.
    var isHurried: Bool { hasRefused || flushTarget != nil }

    // MARK: Ends

    /// A batch is done with.
    mutating func settle(
        _ batch: ProducerBatch, of queue: PartitionQueue, _ outcome: Delivery.Outcome,
        effects: inout [ClientEffect]
    ) {
        queue.settle(batch)
        effects.append(
            .delivered(
                Delivery(partition: queue.partition, tokens: batch.tokens, outcome: outcome)))
        release(batch.bufferBytes, effects: &effects)
        checkFlush(effects: &effects)
    }

    /// Everything given so far is sent without lingering; `flushed` follows once it is done with.
    mutating func flush(effects: inout [ClientEffect]) {
        flushTarget = max(flushTarget ?? 0, appended)
        checkFlush(effects: &effects)
    }

    mutating func checkFlush(effects: inout [ClientEffect]) {
        guard let target = flushTarget else { return }
        for queue in active {
            if let oldest = queue.oldestAppend, oldest < target { return }
        }
        for topic in topics {
            if let oldest = topic.waiting.first?.number, oldest < target { return }
        }
        flushTarget = nil
        effects.append(.flushed)
    }

    /// Fails everything that is left.
    mutating func close(effects: inout [ClientEffect]) {
        for queue in active {
            for batch in queue.takeAll() {
                settle(batch, of: queue, .failed(.closed), effects: &effects)
            }
        }
        active = []
        requests = [:]
        requestsByNode = [:]
        for index in topics.indices { failWaiting(of: index, with: .closed, effects: &effects) }
        checkFlush(effects: &effects)
    }
}
