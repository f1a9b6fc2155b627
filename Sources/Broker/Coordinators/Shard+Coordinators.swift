internal import Coordination
internal import Groups
internal import Metadata
internal import Model
internal import Ports

/// The coordinators of the partitions that live here, and the way to that of a group.
extension Shard {
    /// A leadership began here.
    func leadershipBegan(_ partition: Partition, _ epoch: LeaderEpoch) {
        guard partition.name.topic == InternalTopics.offsets else { return }
        leadershipEnded(partition)
        let coordinator = GroupCoordinator(partition, epoch: epoch, shard: self)
        groupCoordinators[partition.key] = coordinator
        partition.coordinator = coordinator
        // In a turn of its own: this one may make many leaders.
        let bound = LoopBound(coordinator, on: loop)
        loop.post { bound.take().load() }
    }

    /// A leadership is over.
    func leadershipEnded(_ partition: Partition) {
        partition.coordinator = nil
        groupCoordinators.removeValue(forKey: partition.key)?.close()
    }

    /// Topics were deleted: groups have no place in them any more.
    func forgetOffsets(inTopics topics: [String]) {
        guard !topics.isEmpty else { return }
        for coordinator in coordinatorsInOrder {
            coordinator.handle { mind, now, time in
                mind.topicsDeleted(topics, now: now, time: time)
            }
        }
    }

    /// Consumer groups see topics, their partitions, and the racks of these: what they subscribe to is shared out
    /// anew when it looks different. Leaders and in-sync replicas come and go, and are nothing to a share.
    func tellGroups(_ image: MetadataImage, _ delta: MetadataDelta) {
        guard !groupCoordinators.isEmpty else { return }
        var names: Set<String> = []
        delta.deletedTopics.forEach { _, topic in names.insert(topic.name) }
        delta.forEachPartition(in: image) { change in
            if change.before?.replicas != change.after.replicas { names.insert(change.topic) }
        }
        let hasMovedRack = delta.brokers.elements.contains {
            delta.before.broker($0)?.rack != image.broker($0)?.rack
        }
        let topics = hasMovedRack ? nil : names.sorted()
        for coordinator in coordinatorsInOrder {
            coordinator.metadataChanged(image, topics: topics)
        }
    }

    func groupSettingsChanged() {
        let settings = GroupSettings(brokerSettings)
        for coordinator in coordinatorsInOrder { coordinator.settingsChanged(settings) }
    }

    var coordinatorsInOrder: [GroupCoordinator] {
        groupCoordinators.values.sorted { $0.key.partition < $1.key.partition }
    }

    /// Runs `body` at the coordinator of `group`, on its loop; `refused` instead, on some loop, if it is not here
    /// or not ready.
    func coordinate(
        _ group: String, refused: @escaping @Sendable (ErrorCode) -> Void,
        _ body: @escaping @Sendable (GroupCoordinator) -> Void
    ) {
        guard let topic = image.topic(named: InternalTopics.offsets), topic.partitionCount > 0
        else {
            refused(.notCoordinator)
            return
        }
        let key = PartitionKey(
            topic.id, CoordinatedKey.partition(of: group, among: topic.partitionCount))
        peers[node.shardIndex(of: key)].run { shard in
            guard let coordinator = shard.groupCoordinators[key] else {
                refused(.notCoordinator)
                return
            }
            if let refusal = coordinator.refusal {
                refused(refusal)
            } else {
                body(coordinator)
            }
        }
    }
}
