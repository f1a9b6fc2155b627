extension Catalogue {
    package static let groupPartitions = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_num_partitions", .gauge, labels: ["state"],
        "Partitions of __consumer_offsets coordinated here.")
    package static let groupLoadTime = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_partition_load_time_max", .maximum,
        "Longest time that the groups of a partition took to load, in milliseconds.")
    package static let groups = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_group_count", .gauge, labels: ["protocol"],
        "Groups coordinated here.")
    package static let classicGroupStates = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_classic_group_count", .gauge, labels: ["state"],
        "Groups of the classic protocol.")
    package static let consumerGroupStates = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_consumer_group_count", .gauge, labels: ["state"],
        "Groups of the consumer protocol.")
    package static let groupRebalances = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_group_completed_rebalance_total", .counter,
        "Rebalances that ended.")
    package static let groupOffsets = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_offset_count", .gauge,
        "Committed offsets kept here.")
    package static let offsetCommits = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_offset_commit_total", .counter,
        "Offsets committed.")
    package static let offsetDeletions = MetricDefinition(
        "kafka_server_groupcoordinatormetrics_offset_deletion_total", .counter,
        "Committed offsets that were deleted or have expired.")
    package static let groupTargetsOffloaded = MetricDefinition(
        "martlet_group_targets_offloaded_total", .counter,
        "Target assignments of large consumer groups that were made away from the coordinator's loop."
    )
    package static let coordinatorWork = MetricDefinition(
        "martlet_coordinator_work", .maximum,
        "Assignments and matches of patterns that wait for the coordinators' threads, or go on.")

    static let groupsTable: [MetricDefinition] = [
        groupPartitions, groupLoadTime, groups, classicGroupStates, consumerGroupStates,
        groupRebalances, groupOffsets, offsetCommits, offsetDeletions,
        groupTargetsOffloaded, coordinatorWork,
    ]
}
