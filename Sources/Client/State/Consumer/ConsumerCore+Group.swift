internal import Model

// What a group does with its member's partitions.

extension ConsumerCore {
    /// The application asks for more: it is done with what it was handed.
    mutating func applicationAsks() {
        for index in cursors.indices {
            cursors[index].consumed = cursors[index].position
            cursors[index].consumedEpoch = cursors[index].positionEpoch
        }
    }

    /// Neither fetches nor hands out these any more; what is buffered is dropped.
    mutating func hold(_ partitions: [TopicPartition]) {
        let held = Set(partitions)
        var isChanged = false
        for index in cursors.indices where held.contains(cursors[index].partition) {
            guard !cursors[index].isHeld else { continue }
            cursors[index].isHeld = true
            isChanged = true
        }
        for index in cursors.indices where cursors[index].isHeld {
            // A change of mind: it stays after all, and goes on where it stands.
            guard !held.contains(cursors[index].partition) else { continue }
            cursors[index].isHeld = false
            guard cursors[index].position != .none else { continue }
            let (position, epoch) = (cursors[index].position, cursors[index].positionEpoch)
            cursors[index].seek(to: position)
            (cursors[index].positionEpoch, cursors[index].fetchEpoch) = (epoch, epoch)
        }
        guard isChanged else { return }
        chunks.removeAll { held.contains($0.chunk.partition) }
        recount()
    }

    /// Whether the application has finished everything it was handed of these.
    func isDone(with partitions: [TopicPartition]) -> Bool {
        let wanted = Set(partitions)
        return cursors.allSatisfy { cursor in
            !wanted.contains(cursor.partition) || cursor.position == .none
                || cursor.consumed == cursor.position || !cursor.wasHandedOut
        }
    }

    /// Reads these no more.
    mutating func release(_ partitions: Set<TopicPartition>, metadata: inout MetadataCache) {
        let before = Set(cursors.map(\.partition.topic))
        cursors.removeAll { partitions.contains($0.partition) }
        chunks.removeAll { partitions.contains($0.chunk.partition) }
        recount()
        let kept = Set(cursors.map(\.partition.topic))
        for topic in before.subtracting(kept).sorted() { metadata.forget(topic) }
    }

    /// Reads these too, as soon as their place is known and, if somebody listens, has been heard of.
    mutating func add(
        _ partitions: [TopicPartition], isUnannounced: Bool, metadata: inout MetadataCache
    ) {
        for partition in partitions {
            var cursor = PartitionCursor(awaitingPlaceIn: partition)
            cursor.isUnannounced = isUnannounced
            cursors.append(cursor)
        }
        for topic in Set(partitions.map(\.topic)).sorted() { metadata.want(topic) }
    }

    /// Whoever listens has heard of everything.
    mutating func announced() {
        for index in cursors.indices { cursors[index].isUnannounced = false }
    }

    /// Begins at the committed offset, if there is one and the application has not sought elsewhere.
    mutating func place(_ partition: TopicPartition, at offset: CommittedOffset?) {
        guard let index = index(of: partition), cursors[index].state == .awaitingPlace else {
            return
        }
        guard let offset else {
            guard configuration.offsetReset != .none else {
                return fail(index, .offsetOutOfRange(partition, offset: .none))
            }
            return cursors[index].reset(to: configuration.offsetReset)
        }
        cursors[index].seek(to: offset.offset)
        cursors[index].fetchEpoch = offset.leaderEpoch
        cursors[index].positionEpoch = offset.leaderEpoch
        cursors[index].consumed = offset.offset
        cursors[index].consumedEpoch = offset.leaderEpoch
    }

    /// Where the application is done, in these.
    func consumed(_ partitions: [TopicPartition]) -> [TopicPartition: CommittedOffset] {
        places(partitions) { ($0.consumed, $0.consumedEpoch) }
    }

    /// Where the application will be done once it has finished what it was handed.
    func handedOut(_ partitions: [TopicPartition]) -> [TopicPartition: CommittedOffset] {
        places(partitions) { ($0.position, $0.positionEpoch) }
    }

    private func places(
        _ partitions: [TopicPartition], _ place: (PartitionCursor) -> (Offset, LeaderEpoch)
    ) -> [TopicPartition: CommittedOffset] {
        let wanted = Set(partitions)
        var found: [TopicPartition: CommittedOffset] = [:]
        for cursor in cursors where wanted.contains(cursor.partition) {
            let (offset, epoch) = place(cursor)
            guard offset != .none else { continue }
            found[cursor.partition] = CommittedOffset(offset, leaderEpoch: epoch)
        }
        return found
    }
}

extension OffsetReset {
    /// Whether it is told by a time.
    var isByTime: Bool {
        switch self {
        case .timestamp, .byDuration: true
        case .earliest, .latest, .none: false
        }
    }
}
