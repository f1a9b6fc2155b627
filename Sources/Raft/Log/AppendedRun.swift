package import Model

/// What the driver tells after it wrote batches: everything the mind must know about them.
package struct AppendedRun: Equatable, Sendable {
    package let base: Offset
    /// Offset after the last record.
    package let end: Offset
    /// First offset of each epoch in the run, in log order.
    package let epochs: [OffsetAndEpoch]
    /// Control records about the quorum, in log order.
    package let voterSets: [VoterHistory.Entry<VoterSet>]
    package let kraftVersions: [VoterHistory.Entry<Int16>]

    package init(
        base: Offset, end: Offset, epochs: [OffsetAndEpoch],
        voterSets: [VoterHistory.Entry<VoterSet>] = [],
        kraftVersions: [VoterHistory.Entry<Int16>] = []
    ) {
        self.base = base
        self.end = end
        self.epochs = epochs
        self.voterSets = voterSets
        self.kraftVersions = kraftVersions
    }
}

/// What a sync vouches for: taken from the mind when the sync begins, handed back when it has ended.
package struct SyncMark: Hashable, Sendable {
    package let end: Offset
    package let generation: UInt64

    init(end: Offset, generation: UInt64) {
        self.end = end
        self.generation = generation
    }
}
