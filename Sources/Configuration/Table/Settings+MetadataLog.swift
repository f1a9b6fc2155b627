extension Settings {
    /// The metadata log.
    static let metadataLog: [Setting] = [
        .long(
            "internal.metadata.delete.delay.millis", 60_000, isInternal: true,
            "Internal metadata delete delay millis."),
        .int(
            "internal.metadata.log.segment.bytes", nil, isInternal: true,
            "Internal metadata log segment bytes."),
        .int(
            "internal.metadata.max.batch.size.in.bytes", 8_388_608, isInternal: true,
            "Internal metadata max batch size in bytes."),
        .string("metadata.log.dir", nil, "Directory of the metadata log; else the first log dir."),
        .long(
            "metadata.log.max.record.bytes.between.snapshots", 20_971_520, valid: .atLeast(1),
            "Snapshot after so many bytes."),
        .long(
            "metadata.log.max.snapshot.interval.ms", 3_600_000, valid: .atLeast(0),
            "Snapshot at least so often (0 = never by time)."),
        .int(
            "metadata.log.segment.bytes", 1_073_741_824, valid: .atLeast(8_388_608),
            "Metadata log segment bytes."),
        .long("metadata.log.segment.ms", 604_800_000, "Metadata log segment in milliseconds."),
        .int(
            "metadata.max.idle.interval.ms", 500, valid: .atLeast(0),
            "Leader writes a no-op record when idle, so lag stays visible; 0 = off."),
        .long("metadata.max.retention.bytes", 104_857_600, "Size kept of log plus snapshots."),
        .long("metadata.max.retention.ms", 604_800_000, "Age kept."),
    ]
}
