package import Compression

/// What a topic and a Produce version ask of a batch; made once per topic and reused.
package struct BatchRules: Hashable, Sendable {
    /// How the log keeps records (`compression.type`, KIP-390).
    package enum Packing: Hashable, Sendable {
        /// As the producer packed them.
        case asProduced
        /// In this codec, at this level or the codec's default. `uncompressed` is the codec `none`.
        case repacked(CompressionCodec, level: Int?)
    }

    /// Bytes of the largest batch, as it comes and as it is kept (`max.message.bytes`).
    package var sizeMax = 1_048_588
    package var packing = Packing.asProduced
    /// Whether each record needs a key (`cleanup.policy` contains `compact`).
    package var isCompacted = false
    /// Which time records carry (`message.timestamp.type`).
    package var timestampType = TimestampType.createTime
    /// How far behind the leader's clock a record may be (`message.timestamp.before.max.ms`,
    /// KIP-937).
    package var timestampBeforeMax = Duration.milliseconds(Int64.max)
    /// How far ahead of it (`message.timestamp.after.max.ms`, KIP-937).
    package var timestampAfterMax = Duration.milliseconds(3_600_000)
    /// Whether the request's version knows zstd: Produce v7 and later (KIP-110).
    package var isZstdAllowed = true
    /// Bytes that a packed batch may take unpacked; not a setting of Kafka's, but without it a
    /// batch of a few bytes could fill the memory.
    package var unpackedMax = RecordBatchView.unpackedMax

    package init() {}
}
