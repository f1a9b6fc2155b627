internal import InternalRecords
internal import Metadata
internal import Model

/// How far an election may go when nobody in the ISR or the ELR can lead.
enum ElectionKind: Sendable {
    /// The preferred replica if it can lead, else as `clean`.
    case preferred
    /// From the ISR, else the ELR, else the last known leader.
    case clean
    /// As `clean`, and after that any replica that is up: acknowledged records may be lost.
    case unclean
    /// The first of the ISR, as the leader that stands down has listed it.
    case successor
}

/// What the cluster's levels and settings say about a change.
struct PartitionRules: Sendable {
    let metadataVersion: MetadataVersion
    let hasEligibleLeaderReplicas: Bool
    /// `min.insync.replicas` of the topic.
    let minInSync: Int
}

/// One change of a partition: targets are set, `record` says what follows from them (raft.md §9).
///
/// The order matters: a reassignment that is complete is finished, then the eligible replicas are worked
/// out, then a leader is elected among them, and only then is it known what to write.
struct PartitionChange {
    let key: PartitionKey
    let partition: PartitionImage
    let rules: PartitionRules
    /// The replicas that may lead: unfenced, not shutting down, their directory online. A list, as a closure
    /// would hold on to the image it asks and so make every change a copy.
    let acceptable: [BrokerID]
    /// For each replica of `partition` whose broker no longer has its directory: where it would begin anew.
    let newHomes: [BrokerID: DirectoryID]

    var election = ElectionKind.clean
    var isr: [BrokerID]
    /// Replicas whose process stopped without finishing: they may lack what they acknowledged.
    var uncleanlyStopped: [BrokerID] = []
    var recoveryState: LeaderRecoveryState
    var directories: [DirectoryID]
    private var replicas: [BrokerID]
    private var adding: [BrokerID]
    private var removing: [BrokerID]
    private var eligible: [BrokerID]
    private var lastKnown: [BrokerID]

    init(
        of partition: PartitionImage, key: PartitionKey, rules: PartitionRules,
        acceptable: [BrokerID], newHomes: [BrokerID: DirectoryID] = [:]
    ) {
        self.key = key
        self.partition = partition
        self.rules = rules
        self.acceptable = acceptable
        self.newHomes = newHomes
        isr = partition.isr
        recoveryState = partition.recoveryState
        directories = partition.directories
        replicas = partition.replicas
        adding = partition.addingReplicas
        removing = partition.removingReplicas
        eligible = partition.eligibleLeaderReplicas
        lastKnown = partition.lastKnownELR
    }

    /// Sets the replicas of a reassignment: those to be added and removed are among `all`. Replicas that are new
    /// lie where `directory` says.
    mutating func reassign(
        to all: [BrokerID], adding: [BrokerID], removing: [BrokerID],
        directory: (BrokerID) -> DirectoryID
    ) {
        directories = all.map { partition.directory(on: $0) ?? directory($0) }
        replicas = all
        self.adding = adding
        self.removing = removing
        isr = isr.filter(all.contains)
        lastKnown = lastKnown.filter(all.contains)
    }

    /// The change to write; nil if nothing changes.
    consuming func record() -> PartitionChangeRecord? {
        finishReassignment()
        chooseEligible()
        let leader = elect()
        if !rules.hasEligibleLeaderReplicas, isr.isEmpty {
            precondition(leader == nil, "who is elected is in the ISR")
            // Without eligible replicas the last member stays, so that it can lead again.
            isr = partition.isr
        }
        return write(leader)
    }
}

// MARK: - Steps

extension PartitionChange {
    /// A reassignment is done when the ISR holds who is to stay (raft.md §9, Reassignment).
    private mutating func finishReassignment() {
        guard !adding.isEmpty || !removing.isEmpty else { return }
        let target = replicas.filter { !removing.contains($0) }
        let staying = isr.filter { !removing.contains($0) }
        guard !target.isEmpty, !staying.isEmpty else { return }
        let needed = removing.count > adding.count ? target : adding
        guard needed.allSatisfy(staying.contains) else { return }
        directories = target.map { broker in
            guard let index = replicas.firstIndex(of: broker) else { return .unassigned }
            return directories[index]
        }
        replicas = target
        isr = staying
        adding = []
        removing = []
    }

    /// KIP-966: below `min.insync.replicas`, who was in the ISR or eligible and is not unclean stays eligible.
    private mutating func chooseEligible() {
        guard rules.hasEligibleLeaderReplicas else {
            eligible = []
            lastKnown = []
            return
        }
        guard isr.count < min(rules.minInSync, replicas.count) else {
            eligible = []
            lastKnown = []
            return
        }
        let candidates = partition.eligibleLeaderReplicas + partition.isr
        eligible = replicas.filter {
            candidates.contains($0) && !isr.contains($0) && !uncleanlyStopped.contains($0)
        }
    }

    /// The leader from now on. An election outside the ISR makes the chosen one the whole ISR.
    private mutating func elect() -> BrokerID? {
        if let leader = electInSync() {
            if isr.isEmpty {
                isr = [leader]
                eligible.removeAll { $0 == leader }
            }
            return leader
        }
        guard let leader = lastKnownLeader ?? uncleanLeader else { return nil }
        isr = [leader]
        eligible = []
        lastKnown = []
        recoveryState = .recovering
        return leader
    }

    private func electInSync() -> BrokerID? {
        if election == .preferred, let first = replicas.first, mayLead(first) { return first }
        if election == .successor, let first = isr.first(where: mayLead) { return first }
        if let leader = partition.leader, mayLead(leader) { return leader }
        return replicas.first(where: mayLead)
    }

    private func mayLead(_ broker: BrokerID) -> Bool {
        let isComplete = isr.isEmpty ? eligible.contains(broker) : isr.contains(broker)
        return isComplete && replicas.contains(broker) && acceptable.contains(broker)
    }

    private var lastKnownLeader: BrokerID? {
        guard rules.hasEligibleLeaderReplicas, isr.isEmpty, eligible.isEmpty else { return nil }
        guard lastKnown.count == 1, let leader = lastKnown.first else { return nil }
        return replicas.contains(leader) && acceptable.contains(leader) ? leader : nil
    }

    private var uncleanLeader: BrokerID? {
        guard election == .unclean else { return nil }
        return replicas.first(where: acceptable.contains)
    }
}

// MARK: - Writing

extension PartitionChange {
    private mutating func write(_ leader: BrokerID?) -> PartitionChangeRecord? {
        keepLastKnownLeader(leader)
        moveReleased()
        var record = PartitionChangeRecord()
        record.partitionID = key.partition
        record.topicID = key.topicID.uuid
        let untouched = record
        if isr != partition.isr { record.isr = isr.numbers }
        if eligible != partition.eligibleLeaderReplicas {
            record.eligibleLeaderReplicas = eligible.numbers
        }
        if lastKnown != partition.lastKnownELR { record.lastKnownElr = lastKnown.numbers }
        if replicas != partition.replicas { record.replicas = replicas.numbers }
        if adding != partition.addingReplicas { record.addingReplicas = adding.numbers }
        if removing != partition.removingReplicas { record.removingReplicas = removing.numbers }
        if directories != partition.directories { record.directories = directories.map(\.uuid) }
        if recoveryState != partition.recoveryState {
            record.leaderRecoveryState = recoveryState.rawValue
        }
        if leader != partition.leader || raisesLeaderEpoch {
            record.leader = leader?.rawValue ?? -1
        }
        return record == untouched ? nil : record
    }

    /// Whom to ask first if the whole cluster comes back: who led when the ISR ran empty.
    private mutating func keepLastKnownLeader(_ leader: BrokerID?) {
        guard rules.hasEligibleLeaderReplicas else { return }
        if leader != nil {
            lastKnown = []
        } else if isr.isEmpty, let last = partition.leader {
            lastKnown = [last]
        }
    }

    /// A replica whose directory is gone stays where it was while it may still be made leader: an empty log must not
    /// lead. With the change that makes others go on without it, it begins anew.
    private mutating func moveReleased() {
        guard !newHomes.isEmpty else { return }
        func isKept(_ broker: BrokerID) -> Bool {
            isr.contains(broker) || eligible.contains(broker) || lastKnown.contains(broker)
        }
        func wasKept(_ broker: BrokerID) -> Bool {
            partition.isr.contains(broker) || partition.eligibleLeaderReplicas.contains(broker)
                || partition.lastKnownELR.contains(broker)
        }
        for (index, broker) in replicas.enumerated() where wasKept(broker) && !isKept(broker) {
            if let home = newHomes[broker] { directories[index] = home }
        }
    }

    /// Followers truncate by epoch: a replica that leaves the list must not go on fetching under the old one.
    private var raisesLeaderEpoch: Bool {
        if !partition.replicas.allSatisfy(replicas.contains) { return true }
        guard rules.metadataVersion.raisesLeaderEpochOnShrink else { return false }
        return !partition.isr.allSatisfy(isr.contains)
    }
}
