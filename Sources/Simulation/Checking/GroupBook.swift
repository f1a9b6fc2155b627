package import Model

/// What members of one group were given, read and committed: the rules of groups are judged here.
///
/// The members of this book live on hosts without faults, so their sessions do not end while the brokers' faults are
/// shorter; a member that crashes is taken out of the book when it does.
package final class GroupBook {
    private let report: (Rule, String) -> Void
    let timeline: Timeline
    private var owners: [TopicPartition: Int] = [:]
    /// The highest offset whose commit was acknowledged.
    private var kept: [TopicPartition: Offset] = [:]
    /// Partitions that were given to somebody who has not read from them yet.
    private var isFresh: Set<TopicPartition> = []
    private var reached: [TopicPartition: Offset] = [:]
    /// Acknowledged commits.
    package private(set) var commitCount = 0
    /// Partitions that were given to somebody.
    package private(set) var assignmentCount = 0

    package init(_ timeline: Timeline, report: @escaping (Rule, String) -> Void) {
        self.timeline = timeline
        self.report = report
    }

    /// Partitions that have an owner.
    package var ownedCount: Int { owners.count }

    /// How many each owner has, fewest first.
    package var shares: [Int] {
        var counts: [Int: Int] = [:]
        for owner in owners.values { counts[owner, default: 0] += 1 }
        return counts.values.sorted()
    }

    /// How far the group has read a partition.
    package func position(of place: TopicPartition) -> Offset { reached[place] ?? .zero }

    package func assigned(_ partitions: [TopicPartition], to member: Int) {
        assignmentCount += partitions.count
        for place in partitions {
            if let other = owners[place], other != member {
                report(
                    .groupOwnersAreAlone,
                    "\(place) is given to member \(member) while \(other) has it")
            }
            owners[place] = member
            isFresh.insert(place)
        }
    }

    package func released(_ partitions: [TopicPartition], by member: Int) {
        for place in partitions where owners[place] == member { owners[place] = nil }
    }

    package func gone(_ member: Int) { owners = owners.filter { $0.value != member } }

    package func read(
        _ place: TopicPartition, from first: Offset, to next: Offset, by member: Int
    ) {
        if owners[place] != member {
            report(.groupOwnersAreAlone, "member \(member) reads \(place), which it does not have")
        }
        if isFresh.remove(place) != nil {
            let least = kept[place] ?? .zero
            if first < least {
                report(
                    .groupCommitsAreKept,
                    "\(place) is read from \(first) by member \(member), though \(least) is committed"
                )
            }
            // Commits that were not answered may count too; beyond what anybody has read nothing can.
            let most = reached[place] ?? .zero
            if first > most {
                report(
                    .groupCommitsAreKept,
                    "member \(member) passes over records of \(place): \(most) to \(first)")
            }
        }
        reached[place] = max(reached[place] ?? .zero, next)
    }

    package func committed(_ offsets: [TopicPartition: Offset]) {
        commitCount += 1
        for (place, offset) in offsets { kept[place] = max(kept[place] ?? .zero, offset) }
    }
}
