internal import Bytes
internal import Model
internal import Records
internal import Wire
internal import WireMessages

/// What a consumer decides: which broker is asked for what, and where to go on after a failure.
///
/// Each broker has at most one fetch under way, for all partitions it leads that want records. A partition
/// wants none while it is paused, while its buffer is full, or while its position is being looked for.
/// What comes waits in `chunks` until it is taken, which bounds memory: `bufferMax` bytes, plus one answer
/// per broker.
struct ConsumerCore {
    /// A question under way, with the generations its partitions had.
    struct Asked {
        let partitions: [(partition: TopicPartition, generation: Int)]
        /// When the answer is taken for overdue.
        let suspicion: Instant
    }

    let configuration: ConsumerConfiguration
    let retry: Backoff
    let preferredReplicaMax: Duration
    let patience: Duration
    /// No new question about the layout for the sake of overdue answers before then.
    var nextSuspicion = Instant.zero
    /// In the order of assignment, turned by one with each fetch so that all get their turn.
    var cursors: [PartitionCursor] = []
    var fetches: [BrokerID: Asked] = [:]
    var sessions: [BrokerID: FetchSession] = [:]
    var offsetQuestions: [BrokerID: Asked] = [:]
    var chunks: [(generation: Int, chunk: FetchedChunk)] = []
    var bufferedBytes = 0
    var failures: [ClientError] = []
    var random: PRNG
    /// The wall clock as of the last turn, for positions that are told by time.
    var wallTime = Timestamp(0)

    /// Bytes that may wait to be taken before fetching stops.
    var bufferMax: Int { configuration.maxBytes }

    init(_ configuration: ConsumerConfiguration, client: ClientConfiguration, random: PRNG) {
        self.configuration = configuration
        self.random = random
        retry = Backoff(first: client.retryBackoff, most: client.retryBackoffMax)
        preferredReplicaMax = client.metadataMaxAge
        patience = client.patience
    }

    func index(of partition: TopicPartition) -> Int? {
        cursors.firstIndex { $0.partition == partition }
    }

    // MARK: What the user wants

    /// Reads these partitions and no others. Partitions read before keep their place.
    mutating func assign(
        _ assignment: [(partition: TopicPartition, start: StartPosition)],
        metadata: inout MetadataCache
    ) {
        let before = cursors
        cursors = assignment.map { entry in
            switch entry.start {
            case .offset(let offset): return PartitionCursor(entry.partition, at: offset)
            case .reset(let reset): return PartitionCursor(entry.partition, at: reset)
            case .current:
                return before.first { $0.partition == entry.partition }
                    ?? PartitionCursor(entry.partition, at: configuration.offsetReset)
            }
        }
        let kept = Set(cursors.map(\.partition))
        chunks.removeAll { item in !kept.contains(item.chunk.partition) }
        recount()
        let topics = Set(cursors.map(\.partition.topic))
        for topic in topics.sorted() { metadata.want(topic) }
        for topic in Set(before.map(\.partition.topic)).subtracting(topics) {
            metadata.forget(topic)
        }
    }

    /// Goes on elsewhere. False if the partition is not assigned.
    mutating func seek(_ partition: TopicPartition, to start: StartPosition) -> Bool {
        guard let index = index(of: partition) else { return false }
        switch start {
        case .offset(let offset): cursors[index].seek(to: offset)
        case .reset(let reset): cursors[index].reset(to: reset)
        case .current: return true
        }
        chunks.removeAll { $0.chunk.partition == partition }
        recount()
        return true
    }

    /// Stops or resumes fetching. What is buffered is still handed out. False if it is not assigned.
    mutating func setPaused(_ partition: TopicPartition, _ isPaused: Bool) -> Bool {
        guard let index = index(of: partition) else { return false }
        cursors[index].isPaused = isPaused
        return true
    }

    /// The next offset to be handed out, nil if not (yet) known.
    func position(of partition: TopicPartition) -> Offset? {
        guard let index = index(of: partition), cursors[index].position != .none else { return nil }
        return cursors[index].position
    }

    // MARK: Handing out

    var hasNews: Bool { !chunks.isEmpty || !failures.isEmpty }

    /// The oldest failure, once.
    mutating func takeFailure() -> ClientError? {
        failures.isEmpty ? nil : failures.removeFirst()
    }

    /// Takes what has been fetched, in order of arrival, about `limit` bytes of it.
    mutating func take(atMost limit: Int = .max) -> [FetchedChunk] {
        var taken: [FetchedChunk] = []
        var size = 0
        var count = 0
        defer { chunks.removeFirst(count) }
        while count < chunks.count, size < limit {
            let first = chunks[count]
            count += 1
            guard let index = index(of: first.chunk.partition) else { continue }
            guard cursors[index].generation == first.generation else { continue }
            cursors[index].position = first.chunk.nextOffset
            cursors[index].wasHandedOut = true
            if first.chunk.lastEpoch != .none {
                cursors[index].positionEpoch = first.chunk.lastEpoch
            }
            cursors[index].bufferedBytes -= first.chunk.size
            bufferedBytes -= first.chunk.size
            size += first.chunk.size
            taken.append(first.chunk)
        }
        return taken
    }

    mutating func recount() {
        bufferedBytes = 0
        for index in cursors.indices { cursors[index].bufferedBytes = 0 }
        for item in chunks {
            guard let index = index(of: item.chunk.partition) else { continue }
            cursors[index].bufferedBytes += item.chunk.size
            bufferedBytes += item.chunk.size
        }
    }

    // MARK: Failures

    /// The partition waits before it is asked for again.
    mutating func postpone(_ index: Int, now: Instant) {
        cursors[index].failures += 1
        let pause = retry.pause(after: cursors[index].failures, using: &random)
        cursors[index].notBefore = now + pause
    }

    mutating func fail(_ index: Int, _ error: ClientError) {
        cursors[index].state = .failed(error)
        failures.append(error)
    }
}
