internal import Compression
internal import Configuration
internal import LogStorage
internal import Model
internal import Records

/// What a partition needs of its topic's configuration, read once and again after a change.
struct TopicSettings: Sendable {
    let log: LogConfiguration
    /// Ours: an acknowledgement waits for the disk (`flush.before.ack`).
    let flushBeforeAck: Bool
    let minInSync: Int
    /// `flush.messages`: so many records are synced at the latest.
    let flushMessages: Int64
    /// `flush.ms`: after so long they are; nil for never.
    let flushInterval: Duration?
    /// `file.delete.delay.ms`.
    let deleteDelay: Duration
    /// How the topic is compacted; nil if it is not.
    let cleaning: CleaningRules?
    /// A topic that is only compacted gives up no records on request.
    let mayDeleteRecords: Bool
    /// Replication throttles (KIP-73).
    let throttledLeaders: ThrottledReplicas
    let throttledFollowers: ThrottledReplicas
    private let validation: BatchRules

    init(_ topic: TopicConfiguration, producerExpiration: Duration) {
        var log = LogConfiguration()
        log.segmentBytes = topic.segmentBytes
        log.segmentAge = topic.segmentAge
        log.segmentJitter = topic.segmentJitter
        log.indexIntervalBytes = topic.indexIntervalBytes
        log.segmentIndexBytes = topic.indexBytes
        log.preallocates = topic.preallocates
        log.producerExpiration = producerExpiration
        // Age and size count only where `cleanup.policy` has `delete`.
        log.retentionAge = topic.isDeleted ? topic.retention : nil
        log.retentionBytes = topic.isDeleted ? topic.retentionBytes.map(Int64.init) : nil
        log.compactionLagMax = topic.isCompacted ? topic.compactionLagMax : nil
        self.log = log
        flushBeforeAck = topic.flushBeforeAck
        flushMessages = topic.flushMessages
        flushInterval = topic.flushInterval
        minInSync = topic.minInSyncReplicas
        deleteDelay = topic.fileDeleteDelay
        cleaning = topic.isCompacted ? CleaningRules(of: topic) : nil
        mayDeleteRecords = topic.isDeleted || !topic.isCompacted
        throttledLeaders = topic.throttledLeaders
        throttledFollowers = topic.throttledFollowers
        validation = BatchRules(of: topic)
    }

    /// The rules for a Produce request of `version`.
    func validation(produceVersion version: Int16) -> BatchRules {
        var rules = validation
        rules.isZstdAllowed = version >= 7
        return rules
    }
}

extension TopicConfiguration {
    /// `max.compaction.lag.ms`, nil for never.
    fileprivate var compactionLagMax: Duration? {
        maxCompactionLag.inMilliseconds == .max ? nil : maxCompactionLag
    }
}

extension CleaningRules {
    fileprivate init(of topic: TopicConfiguration) {
        self.init()
        ratioMin = topic.minCleanableRatio
        lagMin = topic.minCompactionLag
        lagMax = topic.compactionLagMax
        deleteRetention = topic.deleteRetention
    }
}

extension BatchRules {
    /// What a topic's configuration asks of batches.
    fileprivate init(of topic: TopicConfiguration) {
        self.init()
        sizeMax = topic.maxMessageBytes
        isCompacted = topic.isCompacted
        timestampType = topic.timestampType == .logAppendTime ? .logAppendTime : .createTime
        timestampBeforeMax = topic.timestampBeforeMax
        timestampAfterMax = topic.timestampAfterMax
        switch topic.compression {
        case .producer: packing = .asProduced
        case .uncompressed: packing = .repacked(.none, level: nil)
        case .gzip: packing = .repacked(.gzip, level: topic.gzipLevel)
        case .snappy: packing = .repacked(.snappy, level: nil)
        case .lz4: packing = .repacked(.lz4, level: topic.lz4Level)
        case .zstd: packing = .repacked(.zstd, level: topic.zstdLevel)
        }
    }
}
