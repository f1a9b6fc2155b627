package import Model

/// What the checkpoints of a log directory say about one log when it is opened.
package struct LogHistory: Hashable, Sendable {
    /// Whether the directory carries the mark of an orderly stop: the log is taken as it is.
    package var wasCleanShutdown: Bool
    /// Below it nothing needs to be checked.
    package var recoveryPoint: Offset
    /// First offset that is kept, if that is above the first segment.
    package var logStartOffset: Offset
    /// Up to where the log was compacted: below it offsets may be missing between segments.
    package var cleanedUpTo: Offset
    /// The recovery points were lost to damage: nobody knows up to where the log was compacted below them, so that
    /// missing offsets between segments are no sign of lost records.
    package var areGapsBelieved = false

    package init(
        wasCleanShutdown: Bool = false, recoveryPoint: Offset = .zero,
        logStartOffset: Offset = .zero, cleanedUpTo: Offset = .zero
    ) {
        self.wasCleanShutdown = wasCleanShutdown
        self.recoveryPoint = recoveryPoint
        self.logStartOffset = logStartOffset
        self.cleanedUpTo = cleanedUpTo
    }
}

/// What opening a log found and mended, for one line in the server's log.
package struct LogOpening: Hashable, Sendable {
    /// Whether batches were checked.
    package var wasRecovered = false
    /// Bytes that were cut off because they were no batch.
    package var bytesCutOff = 0
    /// Why the first of them was none.
    package var fault: String?
    /// Segments that were removed because they came after a cut, or did not follow.
    package var segmentsRemoved = 0
    /// The log ends below its recovery point: what was synced is gone, which no power cut takes.
    package var hasLostSynced = false
    /// Files that were damaged or left over and were removed or rebuilt.
    package var filesMended: [String] = []

    package init() {}
}
