extension Catalogue {
    package static let brokerState = MetricDefinition(
        "kafka_server_kafkaserver_brokerstate", .gauge,
        "0 not running, 1 starting, 2 recovery, 3 running, 6 controlled shutdown, 7 shutting down.")
    package static let clusterID = MetricDefinition(
        "kafka_server_kafkaserver_clusterid", .gauge, labels: ["clusterId"],
        "1, with the cluster's id as label.")
    package static let processCPU = MetricDefinition(
        "process_cpu_seconds_total", .counter,
        "Processor time used, in seconds.")
    package static let processResidentMemory = MetricDefinition(
        "process_resident_memory_bytes", .gauge,
        "Memory in use, in bytes.")
    package static let processOpenFiles = MetricDefinition(
        "process_open_fds", .gauge,
        "Open file descriptors.")
    package static let processOpenFilesMax = MetricDefinition(
        "process_max_fds", .gauge,
        "File descriptors this process may open.")
    package static let processStartTime = MetricDefinition(
        "process_start_time_seconds", .gauge,
        "When the process started, in seconds since 1970.")

    static let processTable: [MetricDefinition] = [
        brokerState, clusterID, processCPU, processResidentMemory, processOpenFiles,
        processOpenFilesMax, processStartTime,
    ]
}
