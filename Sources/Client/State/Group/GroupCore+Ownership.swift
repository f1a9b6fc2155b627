internal import Model

extension GroupCore {
    /// A change of what this member owns.
    ///
    ///     finishing ──application polls again──► committing ──► telling ──listener is done──► settling ──► (done)
    struct Change {
        enum Stage: Hashable, Sendable {
            /// The application still works on records of what is to be given up.
            case finishing
            /// Their offsets are being committed.
            case committing
            /// Whoever listens is told, and may commit too.
            case telling
            /// What was committed meanwhile is on its way.
            case settling
        }

        /// What to own next, ascending.
        var target: [TopicPartition]
        var stage: Stage = .finishing
        /// Leaving: the application is done with everything that it was handed.
        var isFinal = false
        /// When whoever listens was told.
        var toldAt = Instant.zero
        /// What an abandoned change has already told to be given up.
        var givenUp: [TopicPartition] = []

        init(target: [TopicPartition], isFinal: Bool = false) {
            self.target = target
            self.isFinal = isFinal
        }
    }

    /// Goes for another target, in place of one that may be under way.
    mutating func begin(_ next: Change) {
        var next = next
        if let under = change {
            next.givenUp = under.givenUp
            if under.stage == .telling || under.stage == .settling {
                next.givenUp += leaving(under)
            }
        }
        change = next
    }

    /// What is owned and not in the target.
    private func leaving(_ change: Change) -> [TopicPartition] {
        let target = Set(change.target)
        return owned.filter { !target.contains($0) }
    }

    /// Brings the consumer nearer to the target.
    mutating func advanceChange(
        _ consumer: inout ConsumerCore, _ metadata: inout MetadataCache, now: Instant
    ) {
        guard var current = change else { return }
        if !current.givenUp.isEmpty {
            drop(current.givenUp, &consumer, &metadata)
            owned.removeAll { current.givenUp.contains($0) }
            current.givenUp = []
        }
        let leaving = leaving(current)
        consumer.hold(leaving)
        if leaving.isEmpty { current.stage = .settling }
        if current.stage == .finishing, current.isFinal || consumer.isDone(with: leaving) {
            commitBeforeLeaving(leaving, consumer, isFinal: current.isFinal, now: now)
            current.stage = .committing
        }
        if current.stage == .committing, !isCommitting(leaving) {
            current.stage = .telling
            current.toldAt = now
            events.append(.rebalanced(.revoked(leaving)))
        }
        if current.stage == .telling, !isListening || now >= listenerDeadline(current) {
            current.stage = .settling
        }
        change = current
        if current.stage == .settling, !isCommitting(leaving) {
            finishChange(leaving, current, &consumer, &metadata)
        }
    }

    /// Whether an offset of one of these is on its way: when it arrives they must still be ours.
    private func isCommitting(_ partitions: [TopicPartition]) -> Bool {
        guard !commits.isEmpty, !partitions.isEmpty else { return false }
        return commits.contains { commit in partitions.contains { commit.offsets[$0] != nil } }
    }

    /// Whoever listens has dealt with the last event.
    mutating func listenerIsDone(_ consumer: inout ConsumerCore) {
        consumer.announced()
        if change?.stage == .telling { change?.stage = .settling }
    }

    /// A listener may take as long as an application between polls.
    private func listenerDeadline(_ change: Change) -> Instant {
        change.toldAt + configuration.maxPollInterval
    }

    var changeDeadline: Instant {
        guard let change, change.stage == .telling else { return .distantFuture }
        return listenerDeadline(change)
    }

    private mutating func finishChange(
        _ leaving: [TopicPartition], _ current: Change, _ consumer: inout ConsumerCore,
        _ metadata: inout MetadataCache
    ) {
        change = nil
        let before = Set(owned)
        let coming = current.target.filter { !before.contains($0) }
        drop(leaving, &consumer, &metadata)
        owned = current.target
        guard !coming.isEmpty else { return }
        unplaced.formUnion(coming)
        consumer.add(coming, isUnannounced: isListening, metadata: &metadata)
        askForPlaces(coming)
        events.append(.rebalanced(.assigned(coming)))
    }

    private mutating func drop(
        _ partitions: [TopicPartition], _ consumer: inout ConsumerCore,
        _ metadata: inout MetadataCache
    ) {
        guard !partitions.isEmpty else { return }
        consumer.release(Set(partitions), metadata: &metadata)
        unplaced.subtract(partitions)
        for partition in partitions { committed[partition] = nil }
        // Releasing forgets topics; those that are subscribed are still looked after.
        want(&metadata)
    }

    /// Everything this member owned is somebody else's.
    mutating func lose(_ consumer: inout ConsumerCore, _ metadata: inout MetadataCache) {
        let isFinal = change?.isFinal ?? false
        change = nil
        let lost = owned
        owned = []
        drop(lost, &consumer, &metadata)
        offsetQuestions.removeAll { $0.user == nil }
        // What was to be committed may be another member's business by now.
        for commit in commits {
            finish(commit: commit.id, .refused(.illegalGeneration, message: nil))
        }
        if !lost.isEmpty { events.append(.rebalanced(.lost(lost))) }
        if isFinal { change = Change(target: [], isFinal: true) }
    }
}
