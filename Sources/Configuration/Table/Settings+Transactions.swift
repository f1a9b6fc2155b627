extension Settings {
    /// Transactions.
    static let transactions: [Setting] = [
        .int(
            "add.partitions.to.txn.retry.backoff.max.ms", 100, valid: .atLeast(0),
            "Most of the pause before a partition asks the coordinator again."),
        .int(
            "add.partitions.to.txn.retry.backoff.ms", 20, valid: .atLeast(1),
            "Pause before a partition asks the coordinator again."),
        .int(
            "producer.id.expiration.check.interval.ms", 600_000, valid: .atLeast(1),
            isInternal: true,
            "How often idle producers are looked for."),
        .int(
            "producer.id.expiration.ms", 86_400_000, valid: .atLeast(1), update: .clusterWide,
            "How long an idle producer's sequence numbers are remembered."),
        .int(
            "transaction.abort.timed.out.transaction.cleanup.interval.ms", 10_000,
            valid: .atLeast(1),
            "How often transactions past their time are aborted."),
        .int(
            "transaction.max.timeout.ms", 900_000, valid: .atLeast(1),
            "Longest transaction a producer may ask for."),
        .boolean(
            "transaction.partition.verification.enable", true, update: .clusterWide,
            "Whether a partition asks the coordinator before it joins a transaction."),
        .int(
            "transaction.remove.expired.transaction.cleanup.interval.ms", 3_600_000,
            valid: .atLeast(1),
            "How often idle transactional ids are looked for."),
        .int(
            "transaction.state.log.load.buffer.size", 5_242_880, valid: .atLeast(1),
            "Bytes read at once when transactions are loaded."),
        .int(
            "transaction.state.log.min.isr", 2, valid: .atLeast(1),
            "min.insync.replicas of the transaction topic."),
        .int(
            "transaction.state.log.num.partitions", 50, valid: .atLeast(1),
            "Partitions of the transaction topic."),
        .short(
            "transaction.state.log.replication.factor", 3, valid: .atLeast(1),
            "Replicas of the transaction topic."),
        .int(
            "transaction.state.log.segment.bytes", 104_857_600, valid: .atLeast(1),
            "Size of a segment of the transaction topic."),
        .boolean(
            "transaction.two.phase.commit.enable", false,
            "Whether producers may let an outside coordinator decide."),
        .int(
            "transactional.id.expiration.ms", 604_800_000, valid: .atLeast(1),
            "How long an idle transactional id is remembered."),
    ]
}
