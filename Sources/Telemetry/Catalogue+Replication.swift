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

    static let replicationTable: [MetricDefinition] = [
        underReplicated, underMinISR, atMinISR, offlineReplicas, partitions, leaders, producerIDs,
        isrShrinks, isrExpands,
        failedISRUpdates, fetcherMaxLag,
    ]
}
