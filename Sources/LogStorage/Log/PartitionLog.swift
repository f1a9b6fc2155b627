internal import Bytes
package import Model
internal import Ports
package import ProducerState
internal import Records

/// The log of one partition: an ordered run of batches in the segments of one directory.
///
/// It lives on the loop that owns the partition and is used only there. It knows no leaders or
/// followers: who may append, and up to where others may read, its owner decides.
///
/// Four offsets in ascending order: `logStartOffset`, the first that is kept; `recoveryPoint`,
/// below which a restart need not look; `durableOffset`, below which everything survives a power
/// cut; `logEndOffset`, the next to write.
///
/// Writing is in two steps. `append` writes to the page cache at once. `prepareFlush` tells which
/// files to sync, the owner has that done elsewhere, and `flushCompleted` moves the durable offset
/// (group commit).
///
/// A log that was never written has no directory: it is made, with all files, by the first append.
package final class PartitionLog {
    package let partition: TopicPartition
    /// The partition's directory.
    package private(set) var directory: String
    package internal(set) var topicID: TopicID?
    /// The topic's settings; new ones hold from the next append on.
    package var configuration: LogConfiguration {
        didSet { producers?.expiration = configuration.producerExpiration }
    }

    let fileSystem: any FileSystem

    /// Ascending by base offset, never empty; the last one is appended to.
    var segments: [Segment]
    var epochs = LeaderEpochCache()
    /// Producers and transactions, nil where they are not tracked (the metadata log).
    package internal(set) var producers: ProducerTable?
    /// Offsets of the producer snapshots on the disk, ascending.
    var snapshots: [Offset] = []

    /// First offset that is kept.
    package internal(set) var logStartOffset: Offset
    /// Everything below is on the disk for good.
    package internal(set) var durableOffset: Offset
    /// What to write to the recovery point checkpoint: everything below, and what is known about it
    /// (epochs, producers), is on the disk for good. Never above `durableOffset`.
    package internal(set) var recoveryPoint: Offset

    /// What opening the log found and mended.
    package internal(set) var opening = LogOpening()
    /// There is no trustworthy epoch file: epochs are learned from the batches when the log is
    /// opened.
    var mustRebuildEpochs = false

    /// Hears, while the log is opened, how many segments are still to be opened or checked.
    var openingProgress: ((Int) -> Void)?

    /// The recovery point in the checkpoint file, as far as its owner has told.
    package internal(set) var recoveryPointSaved: Offset

    /// Everything below was compacted: what to write to the cleaner's checkpoint.
    package internal(set) var cleanedUpTo = Offset.zero
    /// A compaction under way.
    var cleaning: CleaningJob?

    var state: State
    var flushing = FlushState()
    /// Files that are still to be renamed.
    var removals: [SegmentRemoval] = []

    /// absent → present, at the first append; any → closed.
    enum State {
        /// Nothing is on the disk yet.
        case absent
        /// The directory exists. `hasMetadata`: so does `partition.metadata`, or there is none to
        /// write.
        case present(hasMetadata: Bool)
        case closed
    }

    init(
        _ partition: TopicPartition, topicID: TopicID?, directory: String,
        configuration: LogConfiguration, on fileSystem: any FileSystem, startingAt start: Offset,
        state: State, now: Timestamp
    ) {
        self.partition = partition
        self.topicID = topicID
        self.directory = directory
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.state = state
        logStartOffset = start
        durableOffset = start
        recoveryPoint = start
        recoveryPointSaved = start
        segments = [
            Segment(at: start, in: directory, on: fileSystem, isOnDisk: false, now: now)
        ]
        if configuration.tracksProducers {
            producers = ProducerTable(expiration: configuration.producerExpiration, at: start)
        }
    }

    // MARK: Queries

    /// The segment that is appended to.
    var active: Segment { segments[segments.count - 1] }

    /// The next offset to write.
    package var logEndOffset: Offset { active.nextOffset }

    /// Where the next batch will lie.
    package var end: LogPosition {
        LogPosition(
            offset: active.nextOffset, segmentBaseOffset: active.baseOffset, position: active.size)
    }

    /// Base of the segment that is appended to.
    package var activeSegmentBaseOffset: Offset { active.baseOffset }

    /// Bytes of batches in all segments.
    package var size: Int64 { segments.reduce(0) { $0 + Int64($1.size) } }

    package var segmentCount: Int { segments.count }

    /// Largest timestamp of a record that is kept, -1 if there is none.
    package var maxTimestamp: Timestamp {
        segments.reduce(.none) { max($0, $1.maxTimestamp) }
    }

    /// The newest leader epoch of the log, nil if there has been none.
    package var latestEpoch: LeaderEpoch? { epochs.latest?.epoch }

    /// The newest epoch with its first offset.
    package var latestEpochEntry: LeaderEpochCache.Entry? { epochs.latest }

    /// The epoch of the record before the log end, as a follower reports it (`LastFetchedEpoch`).
    package var lastFetchedEpoch: LeaderEpoch? { latestEpoch }

    /// Where `epoch`, or the largest below it, ends (KIP-279): see `LeaderEpochCache.endOffset`.
    package func endOffset(of epoch: LeaderEpoch) -> OffsetAndEpoch {
        epochs.endOffset(of: epoch, logEndOffset: logEndOffset)
    }

    /// The epoch of the record at `offset`, nil if it is not known.
    package func epoch(at offset: Offset) -> LeaderEpoch? { epochs.epoch(at: offset) }

    /// Whether a truncation lowered the recovery point below what the checkpoint file says: the
    /// file must be written before the next append.
    package var isRecoveryPointLowered: Bool { recoveryPoint < recoveryPointSaved }

    /// The owner wrote `offset` to the checkpoint file.
    package func recoveryPointWritten(_ offset: Offset) { recoveryPointSaved = offset }

    /// Nothing can be read or written any more.
    package var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    /// Whether anything of the log is on the disk.
    package var isOnDisk: Bool {
        switch state {
        case .absent, .closed: false
        case .present: true
        }
    }

    /// Index of the last segment whose base is at or below `offset`; 0 below all.
    func segmentIndex(for offset: Offset) -> Int {
        if offset >= active.baseOffset { return segments.count - 1 }
        return max(0, segments.firstIndexAfter { $0.baseOffset > offset } - 1)
    }

    func checkOpen() throws(LogError) {
        if case .closed = state { throw .closed }
    }

    func moved(to directory: String) { self.directory = directory }
}
