extension Settings {
    /// Transactions.
    static let transactions: [Setting] = [
        .int(
            "add.partitions.to.txn.retry.backoff.max.ms", 100, valid: .atLeast(0),
            "Add partitions to txn retry backoff max in milliseconds."),
        .int(
            "add.partitions.to.txn.retry.backoff.ms", 20, valid: .atLeast(1),
            "Add partitions to txn retry backoff in milliseconds."),
        .int(
            "producer.id.expiration.check.interval.ms", 600_000, valid: .atLeast(1),
            isInternal: true,
            "Producer id expiration check interval in milliseconds."),
        .int(
            "producer.id.expiration.ms", 86_400_000, valid: .atLeast(1), update: .clusterWide,
            "Producer id expiration in milliseconds."),
        .int(
            "transaction.abort.timed.out.transaction.cleanup.interval.ms", 10_000,
            valid: .atLeast(1),
            "Transaction abort timed out transaction cleanup interval in milliseconds."),
        .int(
            "transaction.max.timeout.ms", 900_000, valid: .atLeast(1),
            "Transaction max timeout in milliseconds."),
        .boolean(
            "transaction.partition.verification.enable", true, update: .clusterWide,
            "Server-side defence."),
        .int(
            "transaction.remove.expired.transaction.cleanup.interval.ms", 3_600_000,
            valid: .atLeast(1),
            "Transaction remove expired transaction cleanup interval in milliseconds."),
        .int(
            "transaction.state.log.load.buffer.size", 5_242_880, valid: .atLeast(1),
            "Transaction state log load buffer size."),
        .int(
            "transaction.state.log.min.isr", 2, valid: .atLeast(1), "Transaction state log min isr."),
        .int(
            "transaction.state.log.num.partitions", 50, valid: .atLeast(1),
            "Transaction state log num partitions."),
        .short(
            "transaction.state.log.replication.factor", 3, valid: .atLeast(1),
            "Transaction state log replication factor."),
        .int(
            "transaction.state.log.segment.bytes", 104_857_600, valid: .atLeast(1),
            "Transaction state log segment bytes."),
        .boolean("transaction.two.phase.commit.enable", false, "KIP-939, server side unfinished."),
        .int(
            "transactional.id.expiration.ms", 604_800_000, valid: .atLeast(1),
            "Transactional id expiration in milliseconds."),
    ]
}
