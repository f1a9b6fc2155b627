extension Catalogue {
    package static let underReplicated = MetricDefinition(
        "kafka_server_replicamanager_underreplicatedpartitions", .gauge,
        "Partitions led here whose in-sync replicas are fewer than their replicas.")
    package static let underMinISR = MetricDefinition(
        "kafka_server_replicamanager_underminisrpartitioncount", .gauge,
        "Partitions led here that refuse acks=all.")
    package static let atMinISR = MetricDefinition(
        "kafka_server_replicamanager_atminisrpartitioncount", .gauge,
        "Partitions led here that one more failure makes refuse acks=all.")
    package static let offlineReplicas = MetricDefinition(
        "kafka_server_replicamanager_offlinereplicacount", .gauge,
        "Replicas here on failed directories.")
    package static let partitions = MetricDefinition(
        "kafka_server_replicamanager_partitioncount", .gauge,
        "Replicas here.")
    package static let leaders = MetricDefinition(
        "kafka_server_replicamanager_leadercount", .gauge,
        "Partitions led here.")
    package static let reassigning = MetricDefinition(
        "kafka_server_replicamanager_reassigningpartitions", .gauge,
        "Partitions led here that are being reassigned.")
    package static let producerIDs = MetricDefinition(
        "kafka_server_replicamanager_produceridcount", .gauge,
        "Producers whose sequence numbers are remembered.")
    package static let isrShrinks = MetricDefinition(
        "kafka_server_replicamanager_isrshrinks_total", .counter,
        "Replicas that left an in-sync set led here.")
    package static let isrExpands = MetricDefinition(
        "kafka_server_replicamanager_isrexpands_total", .counter,
        "Replicas that joined an in-sync set led here.")
    package static let failedISRUpdates = MetricDefinition(
        "kafka_server_replicamanager_failedisrupdates_total", .counter,
        "Changes of an in-sync set that the controller refused.")
    package static let fetcherMaxLag = MetricDefinition(
        "kafka_server_replicafetchermanager_maxlag", .maximum, labels: ["clientId"],
        "Largest lag of followers here, in records.")
    package static let failedFetchPartitions = MetricDefinition(
        "kafka_server_replicafetchermanager_failedpartitionscount", .gauge, labels: ["clientId"],
        "Partitions whose fetching has stopped after an error.")
    package static let followerLag = MetricDefinition(
        "kafka_server_fetcherlagmetrics_consumerlag", .gauge,
        labels: ["clientId", "topic", "partition"],
        "Lag of one follower here, in records.")
    package static let partitionUnderReplicated = MetricDefinition(
        "kafka_cluster_partition_underreplicated", .gauge, labels: ["topic", "partition"],
        "1 if the partition led here has too few in-sync replicas.")
    package static let partitionInSync = MetricDefinition(
        "kafka_cluster_partition_insyncreplicascount", .gauge, labels: ["topic", "partition"],
        "In-sync replicas of the partition led here.")
    package static let partitionReplicas = MetricDefinition(
        "kafka_cluster_partition_replicascount", .gauge, labels: ["topic", "partition"],
        "Replicas of the partition led here.")
    package static let partitionUnderMinISR = MetricDefinition(
        "kafka_cluster_partition_underminisr", .gauge, labels: ["topic", "partition"],
        "1 if the partition led here refuses acks=all.")
    package static let partitionAtMinISR = MetricDefinition(
        "kafka_cluster_partition_atminisr", .gauge, labels: ["topic", "partition"],
        "1 if one more failure makes the partition refuse acks=all.")

    static let replicationTable: [MetricDefinition] = [
        underReplicated, underMinISR, atMinISR, offlineReplicas, partitions, leaders, reassigning,
        producerIDs, isrShrinks, isrExpands, failedISRUpdates, fetcherMaxLag,
        failedFetchPartitions, followerLag, partitionUnderReplicated, partitionInSync,
        partitionReplicas, partitionUnderMinISR, partitionAtMinISR,
    ]
}
