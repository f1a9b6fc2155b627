internal import InternalRecords
internal import Metadata
internal import Model

/// What the partitions do when a broker comes, goes or loses a disk (raft.md §9).
extension Draft {
    /// Fences a broker: out of every ISR, out of every leadership, then off the list of the living.
    mutating func fence(_ broker: BrokerRegistration) {
        leave(broker.id) { $0.isr.contains(broker.id) }
        guard !broker.isFenced else { return }
        var record = BrokerRegistrationChangeRecord()
        record.brokerID = broker.id.rawValue
        record.brokerEpoch = broker.epoch.rawValue
        record.fenced = 1
        append(.brokerRegistrationChange(record))
    }

    /// Unfences a broker and lets it lead what has no leader.
    mutating func unfence(_ broker: BrokerRegistration) {
        var record = BrokerRegistrationChangeRecord()
        record.brokerID = broker.id.rawValue
        record.brokerEpoch = broker.epoch.rawValue
        record.fenced = -1
        append(.brokerRegistrationChange(record))
        electLeaderless { $0.replicas.contains(broker.id) }
    }

    /// Begins a controlled shutdown: the broker stays unfenced, but leads nothing and is in no ISR that has
    /// another member.
    mutating func beginShutdown(of broker: BrokerRegistration) {
        if !broker.isInControlledShutdown {
            var record = BrokerRegistrationChangeRecord()
            record.brokerID = broker.id.rawValue
            record.brokerEpoch = broker.epoch.rawValue
            record.inControlledShutdown = 1
            append(.brokerRegistrationChange(record))
        }
        leave(broker.id) { $0.isr.contains(broker.id) }
    }

    /// Takes note that an incarnation ended without finishing: what it acknowledged may be gone, so it is
    /// out of every ISR and every ELR (KIP-966).
    mutating func stoppedUncleanly(_ broker: BrokerRegistration) {
        let id = broker.id
        leave(id, isUnclean: true) {
            $0.isr.contains(id) || $0.eligibleLeaderReplicas.contains(id)
        }
    }

    /// Replicas in directories that a starting broker no longer has, for a disk was exchanged or taken out, begin
    /// anew in one that it has. What they held is gone, so first nobody counts on them any more. One that was
    /// the last in sync stays where it was until others go on without it (`PartitionChange`): an empty log must
    /// not lead.
    mutating func rehome(_ broker: BrokerRegistration) {
        guard image.metadataVersion.hasDirectories else { return }
        leave(broker.id, isUnclean: true) { partition in
            broker.lacksDirectory(of: partition)
                && (partition.isr.contains(broker.id)
                    || partition.eligibleLeaderReplicas.contains(broker.id))
        }
        let before = image
        before.forEachPartition { topic, key, partition in
            guard broker.lacksDirectory(of: partition), !partition.isr.contains(broker.id),
                !partition.lastKnownELR.contains(broker.id),
                let index = partition.replicas.firstIndex(of: broker.id)
            else { return }
            var change = change(of: partition, key, in: topic.name)
            change.directories[index] = defaultDirectory(on: broker.id)
            append(change)
        }
    }

    /// Takes note that an incarnation was killed and left its directories whole. What waited for the disk is
    /// there, so the broker counts as fenced; what a topic acknowledges from memory (`flush.before.ack=false`)
    /// may be gone, and for that its end was unclean.
    mutating func killed(_ broker: BrokerRegistration) {
        let id = broker.id
        let before = image
        before.forEachPartition { topic, key, partition in
            guard !acknowledgesFromDisk(topic.name) else { return }
            guard partition.isr.contains(id) || partition.eligibleLeaderReplicas.contains(id) else {
                return
            }
            var change = change(of: partition, key, in: topic.name, without: id)
            change.isr = partition.isr.filter { $0 != id }
            change.uncleanlyStopped = [id]
            append(change)
        }
        fence(broker)
    }

    /// The broker's directories `lost` went offline: as if it were fenced for what lies there.
    mutating func lostDirectories(_ lost: [DirectoryID], of broker: BrokerRegistration) {
        leave(broker.id) { partition in
            guard partition.isr.contains(broker.id) else { return false }
            guard let directory = partition.directory(on: broker.id) else { return false }
            return lost.contains(directory)
        }
        var record = BrokerRegistrationChangeRecord()
        record.brokerID = broker.id.rawValue
        record.brokerEpoch = broker.epoch.rawValue
        record.logDirs = broker.directories.filter { !lost.contains($0) }.map(\.uuid)
        append(.brokerRegistrationChange(record))
    }

    /// Removes a broker for good.
    mutating func unregister(_ broker: BrokerRegistration) {
        leave(broker.id) { $0.isr.contains(broker.id) }
        var record = UnregisterBrokerRecord()
        record.brokerID = broker.id.rawValue
        record.brokerEpoch = broker.epoch.rawValue
        append(.unregisterBroker(record))
    }

    /// Takes a broker out of the ISR and the leadership of the partitions that `isConcerned` names.
    mutating func leave(
        _ broker: BrokerID, isUnclean: Bool = false, _ isConcerned: (PartitionImage) -> Bool
    ) {
        let before = image
        before.forEachPartition { topic, key, partition in
            guard isConcerned(partition) else { return }
            var change = change(of: partition, key, in: topic.name, without: broker)
            change.isr = partition.isr.filter { $0 != broker }
            if isUnclean { change.uncleanlyStopped = [broker] }
            append(change)
        }
    }

    /// Tries to find leaders for leaderless partitions that `isConcerned` names.
    mutating func electLeaderless(_ isConcerned: (PartitionImage) -> Bool) {
        let before = image
        before.forEachPartition { topic, key, partition in
            guard partition.leader == nil, isConcerned(partition) else { return }
            append(change(of: partition, key, in: topic.name))
        }
    }
}

extension BrokerRegistration {
    /// Whether the broker no longer has the directory that its replica of `partition` lies in: one that is
    /// merely offline may come back with it (decision 0023).
    func lacksDirectory(of partition: PartitionImage) -> Bool {
        guard let directory = partition.directory(on: id) else { return false }
        guard directory != .unassigned, directory != .migrating else { return false }
        return !hasRegistered(directory)
    }
}
