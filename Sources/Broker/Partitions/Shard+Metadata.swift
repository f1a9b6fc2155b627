internal import Configuration
internal import LogStorage
internal import Metadata
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

extension Shard {
    /// Takes up a new state of the metadata: `delta` says what differs from the one before.
    func apply(_ next: MetadataImage, _ delta: MetadataDelta) {
        image = next
        if delta.configs.contains(ConfigResource(.broker, ""))
            || delta.configs.contains(ConfigResource(.broker, "\(nodeID.rawValue)"))
        {
            brokerSettingsChanged()
        }
        delta.deletedTopics.forEach { _, topic in remove(topic) }
        delta.forEachPartition(in: next) { change in
            guard node.shardIndex(of: change.key) == index else { return }
            apply(change)
        }
        if mustReconcile { reconcile() }
        for resource in delta.configs.elements where resource.kind == .topic {
            topicSettingsChanged(resource.name)
        }
        for id in delta.brokers.elements { brokerChanged(id) }
        checkTopicWaits()
    }

    /// Lets go of replicas that a snapshot no longer names.
    private func reconcile() {
        mustReconcile = false
        for partition in partitionsInOrder {
            let state = image.partition(partition.key)
            guard state?.replicas.contains(nodeID) != true else { continue }
            partitions[partition.key] = nil
            discard(partition)
        }
    }

    private func apply(_ change: MetadataDelta.PartitionChange) {
        guard change.after.replicas.contains(nodeID) else {
            if let partition = partitions.removeValue(forKey: change.key) { discard(partition) }
            return
        }
        guard let partition = partitions[change.key] ?? open(change) else { return }
        partitions[change.key] = partition
        partition.apply(AssignedState(change.after))
    }

    /// Makes a replica that is new here. Its directory is made by its first append.
    private func open(_ change: MetadataDelta.PartitionChange) -> Partition? {
        guard let directory = storage.directory(for: change.after.directory(on: nodeID)) else {
            return nil
        }
        let name = TopicPartition(change.topic, change.key.partition)
        let settings = settings(of: change.topic)
        do throws(LogError) {
            let log = try PartitionLog.open(
                name, topicID: change.key.topicID, in: storage.path(of: name, in: directory),
                configuration: settings.log, on: node.world.fileSystem, now: loop.wallTime)
            return Partition(
                key: change.key, name: name, log: log, directory: directory, settings: settings,
                highWatermark: .zero, shard: self)
        } catch {
            node.log.error("replicaNotOpened", ["partition": name, "cause": error])
            return nil
        }
    }

    /// Adds a log that was found on disk at the start.
    func adopt(_ found: FoundLog) {
        let name = found.log.partition
        partitions[found.key] = Partition(
            key: found.key, name: name, log: found.log, directory: found.directory,
            settings: settings(of: name.topic), highWatermark: found.highWatermark, shard: self)
    }

    private func remove(_ topic: TopicImage) {
        topic.forEachPartition { number, _ in
            let key = PartitionKey(topic.id, number)
            if let partition = partitions.removeValue(forKey: key) { discard(partition) }
        }
    }

    /// The replica is not wanted here any more: renamed now, so that a topic of the same name can be made,
    /// and removed after `file.delete.delay.ms`.
    private func discard(_ partition: Partition) {
        partition.retire()
        do throws(LogError) {
            let id = UUID.random { node.world.entropy.next() }
            guard let path = try partition.log.renameForDeletion(id) else { return }
            node.log.info("replicaRemoved", ["partition": partition.name])
            let fileSystem = node.world.fileSystem
            let flusher = partition.directory.flusher
            loop.arm(at: loop.now + partition.settings.deleteDelay) { [log = node.log] in
                flusher.perform {
                    do throws(FileError) {
                        try fileSystem.removeTree(path)
                    } catch {
                        log.warn("replicaNotDeleted", ["path": path, "cause": error])
                    }
                }
            }
        } catch {
            node.log.error(
                "replicaNotRemoved", ["partition": partition.name, "cause": error])
        }
    }

    // MARK: Settings

    func settings(of topic: String) -> TopicSettings {
        if let known = settingsByTopic[topic] { return known }
        let overrides = image.config(of: ConfigResource(.topic, topic))
        var texts: [String: String] = [:]
        for (name, value) in overrides { texts[name] = value }
        let made = TopicSettings(TopicConfiguration(overrides: texts, broker: brokerSettings))
        settingsByTopic[topic] = made
        return made
    }

    private func topicSettingsChanged(_ topic: String) {
        settingsByTopic[topic] = nil
        guard let id = image.topicID(named: topic) else { return }
        let settings = settings(of: topic)
        for partition in partitionsInOrder where partition.key.topicID == id {
            partition.apply(settings)
        }
    }

    private func brokerSettingsChanged() {
        let problems = brokerSettings.replaceDynamic(
            clusterDefault: texts(of: ""), own: texts(of: "\(nodeID.rawValue)"))
        if index == 0 {
            for problem in problems { node.log.warn("dynamicConfigIgnored", ["cause": problem]) }
        }
        settingsByTopic = [:]
        for partition in partitionsInOrder { partition.apply(settings(of: partition.name.topic)) }
    }

    private func texts(of broker: String) -> [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in image.config(of: ConfigResource(.broker, broker)) {
            texts[name] = value
        }
        return texts
    }

    /// A broker came, went or moved: fetchers connect anew, and ISRs may be joined.
    private func brokerChanged(_ id: BrokerID) {
        for (key, fetcher) in fetchers where key.leader == id { fetcher.leaderChanged() }
    }
}

extension AssignedState {
    /// A partition's state as the metadata has it.
    init(_ partition: PartitionImage) {
        self.init(
            leader: partition.leader ?? .none, leaderEpoch: partition.leaderEpoch,
            partitionEpoch: partition.partitionEpoch, replicas: partition.replicas,
            inSyncReplicas: partition.isr, isRecovering: partition.recoveryState == .recovering)
    }
}
