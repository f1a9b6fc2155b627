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
        // Nothing may write behind the mark of an orderly stop.
        guard !isClosed else { return }
        image = next
        if mustReconcile { reconcile() }
        if delta.configs.contains(ConfigResource(.broker, ""))
            || delta.configs.contains(ConfigResource(.broker, "\(nodeID.rawValue)"))
        {
            brokerSettingsChanged()
        }
        delta.deletedTopics.forEach { _, topic in
            settingsByTopic[topic.name] = nil
            remove(topic)
        }
        // Before the partitions: a smaller ISR must not be counted on by a `min.insync.replicas` of before.
        for resource in delta.configs.elements where resource.kind == .topic {
            topicSettingsChanged(resource.name)
        }
        delta.forEachPartition(in: next) { change in
            guard node.shardIndex(of: change.key) == index else { return }
            apply(change)
        }
        for id in delta.brokers.elements { brokerChanged(id) }
        var deleted: [String] = []
        delta.deletedTopics.forEach { _, topic in deleted.append(topic.name) }
        forgetOffsets(inTopics: deleted)
        tellGroups(next, delta)
        checkTopicWaits()
        isFirstImage = false
    }

    /// Lets go of replicas that the metadata no longer names, and of settings that it may not name.
    private func reconcile() {
        mustReconcile = false
        brokerSettingsChanged()
        for partition in partitionsInOrder {
            let state = image.partition(partition.key)
            guard state?.replicas.contains(nodeID) != true else { continue }
            partitions[partition.key] = nil
            discard(partition)
        }
    }

    private func apply(_ change: MetadataDelta.PartitionChange) {
        guard change.after.replicas.contains(nodeID) else {
            unplaceable.remove(change.key)
            if let partition = partitions.removeValue(forKey: change.key) { discard(partition) }
            return
        }
        apply(change.after, to: change.key, of: change.topic)
    }

    private func apply(_ state: PartitionImage, to key: PartitionKey, of topic: String) {
        guard let partition = partitions[key] ?? open(state, key, of: topic) else { return }
        partitions[key] = partition
        partition.apply(AssignedState(state))
        tellDirectory(of: partition)
    }

    /// Where a replica lies that the metadata has elsewhere, or nowhere, the controller must know: it moves the
    /// leaders of a directory that fails (KIP-858).
    func tellDirectory(of partition: Partition) {
        let directory = partition.directory
        guard image.metadataVersion.hasDirectories, !directory.isOffline,
            let state = image.partition(partition.key), state.directory(on: nodeID) != directory.id
        else { return }
        let (key, id) = (partition.key, directory.id)
        cluster?.run { $0.directoryAssignments.assign(key, to: id) }
    }

    /// Where a replica lies that is new here, counted there already. Nil if that is out of reach.
    private func home(of key: PartitionKey, _ state: PartitionImage) -> LogDirectoryHandle? {
        let told = state.directory(on: nodeID) ?? .unassigned
        guard told.isUnknown else {
            guard let directory = storage.directory(told) else { return nil }
            storage.took(directory)
            return directory
        }
        guard !storage.hasOffline || told != .lost && !isFirstImage, !unplaceable.contains(key)
        else {
            // It may lie in the directory that is offline: an empty log must not take its place.
            unplaceable.insert(key)
            if told != .lost { cluster?.run { $0.directoryAssignments.assign(key, to: .lost) } }
            return nil
        }
        // The last one in sync waits for its log.
        guard told != .lost || !state.isr.contains(nodeID) else { return nil }
        return storage.place()
    }

    /// Makes a replica that is new here. Its directory is made by its first append.
    private func open(_ state: PartitionImage, _ key: PartitionKey, of topic: String) -> Partition?
    {
        guard let directory = home(of: key, state) else { return nil }
        var isOpen = false
        defer { if !isOpen { storage.released(directory) } }
        let name = TopicPartition(topic, key.partition)
        let settings = settings(of: topic)
        do throws(LogError) {
            let log = try PartitionLog.open(
                name, topicID: key.topicID, in: directory.path(of: name),
                configuration: settings.log, on: node.world.fileSystem, now: loop.wallTime)
            if directory.mayInherit(name) {
                // No append before the files have been written without the namesake's rows.
                log.recoveryPointWritten(Offset(.max))
                cluster?.run { $0.checkpointsWanted?() }
            }
            isOpen = true
            return Partition(
                key: key, name: name, log: log, directory: directory, settings: settings,
                highWatermark: log.logStartOffset, shard: self)
        } catch .topicIDMismatch {
            // A deleted topic of that name lives on another loop, which will make room in a moment.
            openLater(key)
        } catch  where error.isNoSpace {
            directory.noteFull()
            openLater(key)
        } catch {
            node.log.error("replicaNotOpened", ["partition": name, "cause": error])
            failed(directory, error, name)
        }
        return nil
    }

    private static let openingPause = Duration.milliseconds(20)

    private func openLater(_ key: PartitionKey) {
        if unopened.isEmpty {
            loop.arm(at: loop.now + Self.openingPause) { [weak self] in self?.openWaiting() }
        }
        unopened.append(key)
    }

    private func openWaiting() {
        let keys = unopened
        unopened = []
        guard !isClosed else { return }
        for key in keys {
            guard partitions[key] == nil, let topic = image.topic(key.topicID),
                let state = topic.partition(key.partition), state.replicas.contains(nodeID)
            else { continue }
            apply(state, to: key, of: topic.name)
        }
    }

    /// Adds a log that was found on disk at the start.
    func adopt(_ found: FoundLog) {
        guard !isClosed else { return }
        let name = found.log.partition
        guard !found.isFuture else {
            if let partition = partitions[found.key] {
                partition.move(to: found.directory, resuming: found.log)
            } else {
                node.log.warn("directoryIgnored", ["path": found.directory.path(of: name)])
            }
            return
        }
        // It was opened before any settings were known.
        found.log.configuration = settings(of: name.topic).log
        storage.took(found.directory)
        partitions[found.key] = Partition(
            key: found.key, name: name, log: found.log, directory: found.directory,
            settings: settings(of: name.topic), highWatermark: found.highWatermark, shard: self)
    }

    private func remove(_ topic: TopicImage) {
        topic.forEachPartition { number, _ in
            let key = PartitionKey(topic.id, number)
            unplaceable.remove(key)
            if let partition = partitions.removeValue(forKey: key) { discard(partition) }
        }
    }

    /// The replica is not wanted here any more: renamed now, so that a topic of the same name can be made,
    /// and removed after `file.delete.delay.ms`.
    private func discard(_ partition: Partition) {
        partition.retire()
        storage.released(partition.directory)
        if partition.log.isOnDisk {
            partition.directory.checkpointsOutlive(partition.name)
            cluster?.run { $0.checkpointsWanted?() }
        }
        remove(partition.log, of: partition, in: partition.directory)
        node.log.info("replicaRemoved", ["partition": partition.name])
    }

    /// Closes a log under another name, and removes its files after `file.delete.delay.ms`.
    func remove(
        _ log: PartitionLog, of partition: Partition, in directory: LogDirectoryHandle
    ) {
        do throws(LogError) {
            let id = UUID.random { node.world.entropy.next() }
            guard let path = try log.renameForDeletion(id) else { return }
            let fileSystem = node.world.fileSystem
            let flusher = directory.background
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
        let made = TopicSettings(
            TopicConfiguration(overrides: texts, broker: brokerSettings),
            producerExpiration: brokerSettings.duration("producer.id.expiration.ms"))
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
        groupSettingsChanged()
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
        for fetcher in fetchersInOrder where fetcher.leader == id { fetcher.leaderChanged() }
        for partition in partitionsInOrder { partition.finishDeletions() }
    }
}

extension DirectoryID {
    /// Names no directory.
    fileprivate var isUnknown: Bool {
        self == .unassigned || self == .migrating || self == .lost
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
