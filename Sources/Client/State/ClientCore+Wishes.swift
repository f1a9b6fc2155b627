package import Model

// What users of a client ask for. Each is followed by `advance`.

extension ClientCore {
    /// Asks one question; `answered` or `failed` with the returned id follows.
    package mutating func call(
        _ request: OutgoingRequest, to destination: Destination, within limit: Duration? = nil,
        now: Instant
    ) -> CallID {
        callCount += 1
        let id = CallID(rawValue: callCount)
        if isClosed {
            effects.append(.failed(id, .closed))
        } else {
            calls.add(
                id, request, to: destination, within: limit ?? configuration.operationTimeout,
                now: now, effects: &effects)
        }
        return id
    }

    /// Gives a record to the producer. Its `Delivery` names `token`.
    package mutating func send(
        _ record: ProducerRecord, token: UInt64, now: Instant, wallTime: Timestamp
    ) throws(ClientError) -> AppendOutcome {
        guard !isClosed else { throw .closed }
        precondition(producer != nil, "a client without a producer sends no records")
        return try producer?.append(
            record, token: token, metadata: &metadata, now: now, wallTime: wallTime)
            ?? .bufferFull
    }

    /// Hurries everything given to the producer so far; `flushed` follows once it is done with.
    package mutating func flush() {
        producer?.flush(effects: &effects)
    }

    /// Reads these partitions and no others.
    package mutating func assign(
        _ assignment: [(partition: TopicPartition, start: StartPosition)]
    ) {
        consumer?.assign(assignment, metadata: &metadata)
    }

    /// Goes on elsewhere. False if the partition is not assigned.
    package mutating func seek(_ partition: TopicPartition, to start: StartPosition) -> Bool {
        consumer?.seek(partition, to: start) ?? false
    }

    /// Stops or resumes fetching of a partition. False if it is not assigned.
    package mutating func setPaused(_ partition: TopicPartition, _ isPaused: Bool) -> Bool {
        consumer?.setPaused(partition, isPaused) ?? false
    }

    /// The next offset to be handed out, nil if not known yet.
    package func position(of partition: TopicPartition) -> Offset? {
        consumer?.position(of: partition)
    }

    /// What has been fetched, about `limit` bytes of it. Throws a partition's failure, each once.
    package mutating func take(atMost limit: Int = .max) throws(ClientError) -> [FetchedChunk] {
        guard !isClosed else { throw .closed }
        let chunks = consumer?.take(atMost: limit) ?? []
        hadNews = consumer?.hasNews == true
        if chunks.isEmpty, let failure = consumer?.takeFailure() { throw failure }
        return chunks
    }

    /// Fails everything and closes all connections.
    package mutating func close(now: Instant) {
        guard !isClosed else { return }
        isClosed = true
        producer?.close(effects: &effects)
        calls.close(effects: &effects)
        closeGroup()
        network.close(now: now)
        effects += network.effects
        network.effects.removeAll()
        network.events.removeAll()
    }
}
