internal import Model

/// The settings of one log, from the topic's configuration (configs.md, "per topic").
package struct LogConfiguration: Hashable, Sendable {
    /// `segment.bytes`: a segment is closed before it would grow beyond this.
    package var segmentBytes: Int = 1 << 30
    /// `segment.ms`: a segment is closed once its first record is this old.
    package var segmentAge: Duration = .hours(168)
    /// `segment.jitter.ms`: up to this much is taken off `segmentAge`, another amount for each
    /// segment, so that partitions made together do not roll together.
    package var segmentJitter: Duration = .zero
    /// `index.interval.bytes`: bytes of log between two index entries.
    package var indexIntervalBytes: Int = 4096
    /// `segment.index.bytes`: room of an offset or time index; a full one closes the segment.
    package var segmentIndexBytes: Int = 10 << 20
    /// `retention.ms`; nil keeps for ever.
    package var retentionAge: Duration? = .hours(168)
    /// `retention.bytes`; nil keeps everything.
    package var retentionBytes: Int64?
    /// `max.compaction.lag.ms` where the log is compacted.
    package var compactionLagMax: Duration?
    /// `preallocate`: a segment's blocks are reserved in full when it is begun.
    package var preallocates = false
    /// Whether producers' sequences and transactions are tracked. Off for the metadata log.
    package var tracksProducers = true
    /// `producer.id.expiration.ms`: how long a silent producer is remembered.
    package var producerExpiration: Duration = .hours(24)
    /// Whether disk blocks are reserved ahead of the writer. Costs address space on the disk, saves
    /// half the time of a sync.
    package var reservesAhead = true

    package init() {}
}

/// Sizes that bound what this room keeps in memory or reads at once.
enum LogLimit {
    /// Index entries kept in memory before they are written to their file.
    static let pendingIndexEntries = 128
    /// Bytes read at once when batches are walked by their headers.
    static let headerWindow = 4 << 10
    /// The same when much log is walked: after a start, and by timestamp.
    static let replayWindow = 64 << 10
    /// Bytes a batch may take when it is unpacked for a look-up by time.
    static let unpackedBatch = 256 << 20
    /// Bytes read at once when whole batches are checked.
    static let scanWindow = 1 << 20
    /// Places of the newest appends that are kept, so that readers at the tail need no index.
    static let recentBoundaries = 128
    /// Places where readers stopped that are kept.
    static let readHints = 16
    /// The most that is reserved ahead of the writer.
    static let reserveStepMax = 16 << 20
    /// Segments smaller than this reserve nothing: an idle partition must stay small.
    static let reserveFrom = 1 << 20
    /// Largest checkpoint or properties file that is read.
    static let textFile = 64 << 20
    /// How much log below a producer snapshot is looked through for what producers may repeat: five batches of a few
    /// producers, at the sizes that clients use.
    static let recallBytes = 256 << 10
    /// A producer snapshot is written with a checkpoint after this much log without one. A restart reads what lies
    /// above it, in each of thousands of logs.
    static let snapshotInterval = 1 << 20
}
