package import Model

/// The voter sets and levels of `kraft.version` written in the log, by offset.
///
/// The latest written is in force, committed or not (KIP-853), so truncation brings back the one before.
package struct VoterHistory: Equatable, Sendable {
    package struct Entry<Value: Equatable & Sendable>: Equatable, Sendable {
        /// Of the record. `.none` for what a snapshot below the log holds.
        package let offset: Offset
        package let value: Value

        package init(offset: Offset, value: Value) {
            self.offset = offset
            self.value = value
        }
    }

    /// From the configuration; in force while no set is written.
    package let configured: VoterSet
    private var sets: [Entry<VoterSet>] = []
    private var versions: [Entry<Int16>] = []

    package init(configured: VoterSet) { self.configured = configured }

    /// The set in force.
    package var voters: VoterSet { sets.last?.value ?? configured }

    /// The level of `kraft.version` in force.
    package var kraftVersion: Int16 { versions.last?.value ?? 0 }

    /// Whether the set in force was only laid down when the directory was formatted, so that the first
    /// leader has yet to write it to the log.
    package var isBootstrap: Bool {
        guard let last = sets.last else { return false }
        return last.offset == .none
    }

    /// The set before the one in force.
    var votersBefore: VoterSet { sets.dropLast().last?.value ?? configured }

    /// Offset of the set in force: `.none` if it was not written to this log.
    package var latestOffset: Offset { sets.last?.offset ?? .none }

    /// What a snapshot that ends at `end` must say.
    package func membership(before end: Offset) -> SnapshotMembership {
        SnapshotMembership(
            voters: sets.last { $0.offset < end }?.value,
            kraftVersion: versions.last { $0.offset < end }?.value)
    }

    package mutating func wrote(_ voters: VoterSet, at offset: Offset) {
        precondition(
            sets.last.map { $0.offset < offset } ?? true, "voter records come in log order")
        sets.append(Entry(offset: offset, value: voters))
    }

    package mutating func wrote(kraftVersion: Int16, at offset: Offset) {
        precondition(versions.last.map { $0.offset < offset } ?? true, "versions come in log order")
        versions.append(Entry(offset: offset, value: kraftVersion))
    }

    /// Everything is gone but what a snapshot ending at `end` holds. The snapshot that formatting lays down
    /// (end 0) leaves the set unwritten.
    package mutating func replaced(by snapshot: SnapshotMembership, endingAt end: Offset) {
        let offset = end == .zero ? Offset.none : end - 1
        sets = snapshot.voters.map { [Entry(offset: offset, value: $0)] } ?? []
        versions = snapshot.kraftVersion.map { [Entry(offset: offset, value: $0)] } ?? []
    }

    mutating func truncate(to end: Offset) {
        sets.removeAll { $0.offset >= end }
        versions.removeAll { $0.offset >= end }
    }

    /// The log now starts at `start`: what was overwritten before it can never be in force again.
    mutating func forget(below start: Offset) {
        while sets.count > 1, sets[1].offset < start { sets.removeFirst() }
        while versions.count > 1, versions[1].offset < start { versions.removeFirst() }
    }
}

/// What a snapshot says about the quorum.
package struct SnapshotMembership: Equatable, Sendable {
    /// Nil while kraft.version is 0.
    package let voters: VoterSet?
    package let kraftVersion: Int16?

    package init(voters: VoterSet?, kraftVersion: Int16?) {
        self.voters = voters
        self.kraftVersion = kraftVersion
    }

    /// Of a quorum with static voters.
    package static let none = SnapshotMembership(voters: nil, kraftVersion: nil)
}
