internal import Bytes
package import Model

// The consumer's group, and what its application wants of it. Each wish is followed by `advance`.

extension ClientCore {
    /// Runs `body` with the group and the consumer, if there are both, and takes over what it has to tell.
    private mutating func withGroup(
        _ body: (inout GroupCore, inout ConsumerCore, inout Network, inout MetadataCache) -> Void
    ) {
        guard var group, var consumer else { return }
        // Emptied first, so that neither is copied when it changes.
        self.group = nil
        self.consumer = nil
        body(&group, &consumer, &network, &metadata)
        effects += group.events
        group.events.removeAll(keepingCapacity: true)
        self.group = group
        self.consumer = consumer
    }

    mutating func advanceGroup(now: Instant) {
        withGroup { group, consumer, network, metadata in
            group.advance(
                network: &network, metadata: &metadata, consumer: &consumer, now: now)
        }
    }

    mutating func groupAnswered(
        _ question: GroupQuestion, membership: Int, version: Int16, body: SharedBytes,
        now: Instant
    ) {
        withGroup { group, consumer, network, metadata in
            group.answered(
                question, membership: membership, version: version, body: body,
                network: &network, consumer: &consumer, metadata: &metadata, now: now)
        }
    }

    mutating func groupFailed(
        _ question: GroupQuestion, membership: Int, _ error: ClientError, now: Instant
    ) {
        withGroup { group, consumer, network, metadata in
            group.failed(
                question, membership: membership, error, network: &network, consumer: &consumer,
                metadata: &metadata, now: now)
        }
    }

    /// Whoever waits is told that nothing will come.
    mutating func closeGroup() {
        withGroup { group, _, _, _ in group.close() }
    }

    // MARK: Wishes

    /// Becomes a member of the group with this subscription, or changes it.
    package mutating func subscribe(
        _ subscription: Subscription, now: Instant
    ) throws(ClientError) {
        guard !isClosed else { throw .closed }
        guard group != nil else { throw .noGroup }
        let topics = try SubscribedTopics(subscription)
        withGroup { group, _, _, metadata in
            group.subscribe(topics, metadata: &metadata, now: now)
        }
    }

    /// Commits, gives up everything and leaves; `left` follows. At once if there is no group.
    package mutating func leave(now: Instant) {
        guard !isClosed, group != nil else {
            effects.append(.left)
            return
        }
        withGroup { group, _, _, metadata in group.leave(metadata: &metadata, now: now) }
    }

    /// The application waits for records; what it was handed before it is done with.
    package mutating func pollBegan(now: Instant) {
        consumer?.applicationAsks()
        group?.pollBegan(now: now)
    }

    /// The application has something to do.
    package mutating func pollEnded(now: Instant) { group?.pollEnded(now: now) }

    /// Commits `offsets`, or without them what was handed out; `committed` with `wish` follows. Without a
    /// wish only a failure is told.
    package mutating func commit(
        _ offsets: [TopicPartition: CommittedOffset]?, wish: UInt64?, within limit: Duration,
        now: Instant
    ) {
        guard group != nil, !isClosed else {
            if let wish { effects.append(.committed(wish, isClosed ? .closed : .noGroup)) }
            return
        }
        withGroup { group, consumer, _, _ in
            group.commit(offsets, wish: wish, within: limit, consumer: consumer, now: now)
        }
    }

    /// Looks committed offsets up; `committedOffsets` with `wish` follows.
    package mutating func committed(
        _ partitions: [TopicPartition], wish: UInt64, within limit: Duration, now: Instant
    ) {
        guard group != nil, !isClosed else {
            effects.append(.committedOffsets(wish, .failure(isClosed ? .closed : .noGroup)))
            return
        }
        withGroup { group, _, _, _ in
            group.askForCommitted(partitions, wish: wish, within: limit, now: now)
        }
    }

    /// Whether somebody listens to `rebalanced`; giving partitions up then waits for `listenerIsDone`.
    package mutating func setListening(_ isListening: Bool) { group?.isListening = isListening }

    /// Whoever listens has dealt with what it was told last.
    package mutating func listenerIsDone() {
        withGroup { group, consumer, _, _ in group.listenerIsDone(&consumer) }
    }

    /// What the group has assigned to this consumer, or what it was told to read; ascending.
    package var assignment: [TopicPartition] {
        (consumer?.cursors.map(\.partition) ?? []).sorted()
    }

    /// The member's id in its group, empty while it has none, and its generation or member epoch.
    package var membership: (memberID: String, epoch: Int32)? {
        group.map { ($0.memberID, $0.epoch) }
    }
}
