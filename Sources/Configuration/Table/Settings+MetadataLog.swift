extension Settings {
    /// The metadata log.
    static let metadataLog: [Setting] = [
        .long(
            "internal.metadata.delete.delay.millis", 60_000, isInternal: true,
            "Pause before old pieces of the metadata log are removed."),
        .int(
            "internal.metadata.log.segment.bytes", nil, isInternal: true,
            "Size of a segment of the metadata log, for tests."),
        .int(
            "internal.metadata.max.batch.size.in.bytes", 8_388_608, isInternal: true,
            "Largest batch of the metadata log, for tests."),
        .string(
            "metadata.log.dir", nil, "Directory of the metadata log; else the first of log.dirs."),
        .long(
            "metadata.log.max.record.bytes.between.snapshots", 20_971_520, valid: .atLeast(1),
            "A metadata snapshot is made after so many bytes of records."),
        .long(
            "metadata.log.max.snapshot.interval.ms", 3_600_000, valid: .atLeast(0),
            "A metadata snapshot is made at least so often if there are new records; 0 for "
                + "never by time."),
        .int(
            "metadata.log.segment.bytes", 1_073_741_824, valid: .atLeast(8_388_608),
            "Size at which a segment of the metadata log is closed."),
        .long(
            "metadata.log.segment.ms", 604_800_000,
            "Age at which a segment of the metadata log is closed."),
        .int(
            "metadata.max.idle.interval.ms", 500, valid: .atLeast(0),
            "An idle leader of the quorum writes a no-op record so often, so that lag stays "
                + "visible; 0 for never."),
        .long(
            "metadata.max.retention.bytes", 104_857_600, "Bytes of metadata log and snapshots kept."
        ),
        .long("metadata.max.retention.ms", 604_800_000, "Age of metadata log and snapshots kept."),
    ]
}
