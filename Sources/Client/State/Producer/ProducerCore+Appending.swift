internal import Bytes
internal import Model
internal import Records

/// What became of a record that was given to the producer.
package enum AppendOutcome: Hashable, Sendable {
    /// A `Delivery` will follow.
    case taken
    /// There is no room; try again after `bufferHasRoom`.
    case bufferFull
}

extension ProducerCore {
    /// Takes a record over. `token` comes back in its `Delivery`. Throws for a record that can never be
    /// sent.
    mutating func append(
        _ record: ProducerRecord, token: UInt64, metadata: inout MetadataCache, now: Instant,
        wallTime: Timestamp
    ) throws(ClientError) -> AppendOutcome {
        let size = RecordBatchBuilder.sizeMax(
            key: record.key, value: record.value, headers: record.headers)
        let largest = RecordBatchHeader.size + size
        guard largest <= configuration.requestBytesMax else {
            throw .recordTooLarge(size: largest, limit: configuration.requestBytesMax)
        }
        let topic = index(of: record.topic, metadata: &metadata)
        if let partition = record.partition {
            let count = topics[topic].queues.count
            guard partition >= 0, count == 0 || Int(partition) < count else {
                throw .unknownPartition(
                    TopicPartition(record.topic, partition), partitionCount: count)
            }
        }
        guard reserve(size) else { return .bufferFull }
        let number = appended
        appended += 1
        let timestamp = record.timestamp ?? wallTime
        guard !topics[topic].queues.isEmpty else {
            topics[topic].waiting.append(
                WaitingRecord(
                    record: record, token: token, size: size, number: number,
                    timestamp: timestamp, arrivedAt: now,
                    deadline: now + configuration.blockMax))
            return .taken
        }
        enqueue(
            record, topic: topic, token: token, number: number, size: size, timestamp: timestamp,
            now: now)
        return .taken
    }

    /// The producer's own number of a topic; a new one is asked for.
    private mutating func index(of name: String, metadata: inout MetadataCache) -> Int {
        if let index = topicIndex[name] { return index }
        let index = topics.count
        topicIndex[name] = index
        topics.append(
            Topic(name: name, sticky: StickyPartitioner(stickyBytes: configuration.batchBytes)))
        metadata.want(name)
        refresh(index, from: metadata)
        return index
    }

    private mutating func enqueue(
        _ record: ProducerRecord, topic: Int, token: UInt64, number: UInt64, size: Int,
        timestamp: Timestamp, now: Instant
    ) {
        let partition = partition(for: record, topic: topic, size: size)
        let queue = topics[topic].queues[Int(partition)]
        if !queue.isActive {
            queue.isActive = true
            active.append(queue)
        }
        queue.append(
            key: record.key, value: record.value, headers: record.headers, timestamp: timestamp,
            size: size, token: token, number: number, now: now)
    }

    private mutating func partition(
        for record: ProducerRecord, topic: Int, size: Int
    ) -> Int32 {
        if let partition = record.partition { return partition }
        let count = topics[topic].queues.count
        if let key = record.key { return Murmur2.partition(of: key, among: count) }
        return topics[topic].sticky.partition(
            forRecordOf: size, available: topics[topic].available, count: count, using: &random)
    }

    // MARK: Metadata

    /// The layout changed: new partitions get queues, and records that waited for their topic go on.
    mutating func metadataChanged(
        _ metadata: MetadataCache, now: Instant, effects: inout [ClientEffect]
    ) {
        if configuration.numbersBatches {
            for queue in active where !queue.underWay.isEmpty {
                guard let view = metadata.partition(queue.partition) else { continue }
                if view.leader != .none, view.leaderEpoch > queue.triedEpoch { queue.withdraw() }
            }
        }
        for index in topics.indices {
            refresh(index, from: metadata)
            if topics[index].queues.isEmpty {
                guard
                    let code = metadata.topicErrors[topics[index].name], code.advice == .fail
                else { continue }
                failWaiting(
                    of: index, with: .refused(code, message: nil), effects: &effects)
            } else if !topics[index].waiting.isEmpty {
                admitWaiting(of: index, now: now, effects: &effects)
            }
        }
    }

    private mutating func refresh(_ index: Int, from metadata: MetadataCache) {
        guard let view = metadata.topics[topics[index].name] else { return }
        while topics[index].queues.count < view.partitions.count {
            let number = Int32(topics[index].queues.count)
            topics[index].queues.append(
                PartitionQueue(TopicPartition(view.name, number), configuration))
        }
        let available = view.available
        if available != topics[index].available {
            topics[index].available = available
            topics[index].sticky.moveOn()
        }
    }

    private mutating func admitWaiting(
        of index: Int, now: Instant, effects: inout [ClientEffect]
    ) {
        let waiting = topics[index].waiting
        topics[index].waiting = []
        let count = topics[index].queues.count
        for item in waiting {
            if let partition = item.record.partition, Int(partition) >= count {
                let at = TopicPartition(item.record.topic, partition)
                fail(item, with: .unknownPartition(at, partitionCount: count), effects: &effects)
                continue
            }
            enqueue(
                item.record, topic: index, token: item.token, number: item.number,
                size: item.size, timestamp: item.timestamp, now: item.arrivedAt)
        }
    }

    mutating func failWaiting(
        of index: Int, with error: ClientError, effects: inout [ClientEffect]
    ) {
        let waiting = topics[index].waiting
        topics[index].waiting = []
        for item in waiting { fail(item, with: error, effects: &effects) }
    }

    private mutating func fail(
        _ item: WaitingRecord, with error: ClientError, effects: inout [ClientEffect]
    ) {
        let partition = TopicPartition(item.record.topic, item.record.partition ?? -1)
        effects.append(
            .delivered(
                Delivery(partition: partition, tokens: [item.token], outcome: .failed(error))))
        release(item.size, effects: &effects)
        checkFlush(effects: &effects)
    }

    /// Fails records whose topic did not become known in time.
    mutating func expireWaiting(
        metadata: MetadataCache, now: Instant, effects: inout [ClientEffect]
    ) {
        for index in topics.indices {
            while let first = topics[index].waiting.first, now >= first.deadline {
                topics[index].waiting.removeFirst()
                let cause = metadata.topicErrors[topics[index].name]?.name
                let error = ClientError.timedOut(
                    operation: "finding topic \(topics[index].name)",
                    limit: configuration.blockMax, cause: cause)
                fail(first, with: error, effects: &effects)
            }
        }
    }
}
