extension Catalogue {
    package static let raftState = MetricDefinition(
        "kafka_server_raftmetrics", .gauge, labels: ["current_state"],
        "1, with this node's state in the quorum as label.")
    package static let raftLeader = MetricDefinition(
        "kafka_server_raftmetrics_current_leader", .gauge,
        "The quorum's leader, -1 if unknown.")
    package static let raftEpoch = MetricDefinition(
        "kafka_server_raftmetrics_current_epoch", .gauge,
        "The quorum's term.")
    package static let raftHighWatermark = MetricDefinition(
        "kafka_server_raftmetrics_high_watermark", .gauge,
        "Committed end of the metadata log known here.")
    package static let raftLogEndOffset = MetricDefinition(
        "kafka_server_raftmetrics_log_end_offset", .gauge,
        "Next offset of the metadata log here.")
    package static let raftLogEndEpoch = MetricDefinition(
        "kafka_server_raftmetrics_log_end_epoch", .gauge,
        "Term of the metadata log's last record here.")
    package static let raftVoters = MetricDefinition(
        "kafka_server_raftmetrics_number_of_voters", .gauge,
        "Voters of the quorum.")
    package static let raftVoterChange = MetricDefinition(
        "kafka_server_raftmetrics_uncommitted_voter_change", .gauge,
        "1 while the newest voters are not known to be committed.")
    package static let raftElections = MetricDefinition(
        "martlet_raft_elections_total", .counter,
        "Elections this node stood in.")
    package static let raftCommitLatency = MetricDefinition(
        "martlet_raft_commit_latency_ms", .summary(scale: 1e-6),
        "Milliseconds from an append at the quorum's leader to its commit.")
    package static let brokerMetadataOffset = MetricDefinition(
        "kafka_server_brokermetadatametrics_last_applied_record_offset", .gauge,
        "Last offset of the metadata log that this broker applied.")
    package static let brokerMetadataTimestamp = MetricDefinition(
        "kafka_server_brokermetadatametrics_last_applied_record_timestamp", .gauge,
        "When the last applied record was appended, in milliseconds since 1970.")
    package static let metadataApplyErrors = MetricDefinition(
        "kafka_server_brokermetadatametrics_metadata_apply_error_count", .gauge,
        "Metadata that could not be applied; must be 0.")

    static let quorumTable: [MetricDefinition] = [
        raftState, raftLeader, raftEpoch, raftHighWatermark, raftLogEndOffset,
        raftLogEndEpoch, raftVoters, raftVoterChange, raftElections, raftCommitLatency,
        brokerMetadataOffset, brokerMetadataTimestamp, metadataApplyErrors,
    ]
}
