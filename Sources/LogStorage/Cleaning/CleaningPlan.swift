package import Model
internal import Ports
internal import ProducerState

/// What a topic's settings say about its compaction.
package struct CleaningRules: Hashable, Sendable {
    /// `min.cleanable.dirty.ratio`.
    package var ratioMin = 0.5
    /// `min.compaction.lag.ms`: a record is left alone for so long.
    package var lagMin: Duration = .zero
    /// `max.compaction.lag.ms`: after so long a record is compacted whatever the ratio; nil for never.
    package var lagMax: Duration?
    /// `delete.retention.ms`.
    package var deleteRetention: Duration = .hours(24)

    package init() {}
}

/// How much a log is in need of compaction.
package struct Dirtiness: Hashable, Sendable {
    /// Where the part begins that was never compacted, and where what may be compacted now ends.
    package let firstDirty: Offset
    package let end: Offset
    /// Bytes that could be compacted for the first time.
    package let bytes: Int64
    /// Their share of all that would be read.
    package let ratio: Double
    /// For how long a record has waited beyond `max.compaction.lag.ms`.
    package let overdue: Duration

    /// Whether the topic's settings ask for it now.
    package func isDue(_ rules: CleaningRules) -> Bool {
        bytes > 0 && (overdue > .zero || ratio > rules.ratioMin)
    }
}

/// What a cleaning may use: memory, and chance.
package struct CleaningMeans: Sendable {
    package let mapBytes: Int
    package let loadFactor: Double
    let secret: KeyFingerprint.Secret

    package init(mapBytes: Int, loadFactor: Double, secret: (UInt64, UInt64)) {
        self.mapBytes = mapBytes
        self.loadFactor = loadFactor
        self.secret = KeyFingerprint.Secret(first: secret.0, second: secret.1)
    }
}

/// A cleaning as it was decided on the log's loop: everything that another thread needs to do it.
struct CleaningPlan: Sendable {
    /// A sealed segment to be read.
    struct Source: Sendable {
        let baseOffset: Offset
        let nextOffset: Offset
        let size: Int
        let path: String
        let indexEntries: Int
    }

    let directory: String
    /// All sealed segments from the first to the last that may be compacted.
    let sources: [Source]
    let firstDirty: Offset
    let aborted: [AbortedTransaction]
    let producers: [ProducerID: BatchFilter.LastProduced]
    let configuration: LogConfiguration
    let deleteRetention: Duration
    let means: CleaningMeans
    let now: Timestamp

    /// After which tombstones that are cleaned now for the first time may go.
    var horizon: Timestamp {
        let (time, overflow) = now.rawValue.addingReportingOverflow(deleteRetention.inMilliseconds)
        return Timestamp(overflow ? .max : time)
    }
}
