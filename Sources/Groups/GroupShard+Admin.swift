package import Bytes
package import Coordination
internal import InternalRecords
package import Model

/// What admin clients ask.
extension GroupShard {
    /// Whether there is anything of that name: a group, or offsets.
    package func exists(_ group: String) -> Bool {
        classic[group] != nil || consumers.has(group) || offsets.has(group)
    }

    /// DeleteGroups: an empty group ends, with all its offsets.
    package mutating func delete(
        _ group: String, _ ticket: Ticket, now: Instant, time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            let error: ErrorCode
            if group.isEmpty {
                error = .invalidGroupId
            } else if !shard.exists(group) {
                error = .groupIdNotFound
            } else {
                error = shard.hasMembers(group) ? .nonEmptyGroup : .none
            }
            guard error == .none else {
                turn.reply(ticket, .error(error))
                return
            }
            var records = shard.offsets.tombstones(of: group)
            if let found = shard.classic[group] { records.append(found.tombstone) }
            records += shard.consumers.tombstones(of: group)
            let last = records.suffix(Self.batchMax)
            shard.write(Array(records.dropLast(last.count)), &turn)
            turn.write(Array(last), then: .reply(ticket, .error(.none)))
        }
    }

    private func hasMembers(_ group: String) -> Bool {
        if let found = classic[group] {
            return found.phase != .empty || !found.pendingJoins.isEmpty
        }
        return consumers.has(group) && !consumers.isEmpty(group)
    }

    /// ListGroups: all groups, in the order of their names.
    package var listing: [GroupListing] {
        var found = classic.values.map {
            GroupListing(
                id: $0.id, protocolType: $0.protocolType ?? "", state: $0.phase.name,
                type: GroupListing.classicType)
        }
        for group in offsets.groupIDs where classic[group] == nil && !consumers.has(group) {
            found.append(
                GroupListing(
                    id: group, protocolType: "", state: ClassicGroup.Phase.empty.name,
                    type: GroupListing.classicType))
        }
        found += consumers.listing
        return found.sorted { $0.id < $1.id }
    }

    /// DescribeGroups: a classic group; nil if there is none of that name.
    package func describeClassic(_ group: String) -> ClassicDescription? {
        if let found = classic[group] { return ClassicDescription(found) }
        guard !consumers.has(group), offsets.has(group) else { return nil }
        return ClassicDescription(ClassicGroup(id: group))
    }

    /// For metrics: groups by protocol and state, and offsets.
    package var census: GroupCensus {
        var census = GroupCensus(offsets: offsets.count)
        for group in classic.values { census.classic[group.phase.name, default: 0] += 1 }
        census.consumer = consumers.states
        return census
    }
}

/// How many there are of what.
package struct GroupCensus: Equatable, Sendable {
    package var classic: [String: Int] = [:]
    package var consumer: [String: Int] = [:]
    package var offsets: Int

    /// Groups of all kinds.
    package var groupCount: Int {
        classic.values.reduce(0, +) + consumer.values.reduce(0, +)
    }
}

/// A group in a list.
package struct GroupListing: Equatable, Sendable {
    static let classicType = "classic"
    static let consumerType = "consumer"

    package let id: String
    package let protocolType: String
    package let state: String
    package let type: String
}

/// A classic group as an admin client sees it.
package struct ClassicDescription: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package let id: String
        package let instanceID: String?
        package let client: GroupClient
        package let metadata: SharedBytes
        package let assignment: SharedBytes
    }

    package let state: String
    package let protocolType: String
    package let protocolName: String
    package let members: [Member]

    init(_ group: ClassicGroup) {
        state = group.phase.name
        protocolType = group.protocolType ?? ""
        // What members said and got is of one generation only.
        let isStable = group.phase == .stable
        protocolName = isStable ? group.protocolName ?? "" : ""
        members = group.membersInOrder.map { member in
            Member(
                id: member.id, instanceID: member.instanceID, client: member.client,
                metadata: isStable ? member.metadata(for: group.protocolName ?? "") : .empty,
                assignment: isStable ? member.assignment : .empty)
        }
    }
}
