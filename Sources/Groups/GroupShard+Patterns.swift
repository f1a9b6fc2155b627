internal import InternalRecords
package import Model

/// Subscriptions by pattern (KIP-848): the names are matched away from the loop, and what was found is stored.
extension GroupShard {
    /// Has the group's patterns matched, unless that goes on.
    mutating func resolve(_ group: String, _ turn: inout Turn) {
        guard consumers.beginResolving(group) else { return }
        turn.resolve(group)
    }

    /// The patterns of a group, when the household comes to match them.
    package func patterns(of group: String) -> [String] {
        Set((consumers.groups[group]?.members.values.map(\.pattern) ?? []).compactMap { $0 })
            .sorted()
    }

    /// Whether a group subscribes to a pattern already.
    package func knows(_ pattern: String, in group: String) -> Bool {
        consumers.groups[group]?.patterns[pattern] != nil
    }

    /// Patterns were matched with the names of the topics at an offset of the metadata. One that could not be is not
    /// among them, and stands for what it stood for.
    package mutating func resolved(
        _ id: String, _ found: [(pattern: String, topics: [String])], version: Int64,
        now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            let isStale = shard.consumers.endResolving(id)
            defer { if isStale { shard.resolve(id, &turn) } }
            guard let group = shard.consumers.groups[id] else { return }
            var draft = ConsumerDraft(group)
            let used = Set(shard.patterns(of: id))
            for (pattern, topics) in found where used.contains(pattern) {
                let topics = Set(topics)
                guard group.patterns[pattern]?.topics != topics else { continue }
                draft.add(
                    ConsumerRecords.pattern(
                        id, pattern,
                        ResolvedPattern(topics: topics, version: version, timestamp: turn.time)))
            }
            guard !draft.records.isEmpty else { return }
            if draft.group.subscribedTopics != group.subscribedTopics {
                draft.bump(shard.image, &turn)
                shard.consumers.opened(id, .topicsChanged, "", turn)
            }
            turn.write(draft.records)
        }
    }
}
