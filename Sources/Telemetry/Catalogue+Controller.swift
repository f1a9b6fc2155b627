extension Catalogue {
    package static let activeControllerCount = MetricDefinition(
        "kafka_controller_kafkacontroller_activecontrollercount", .gauge,
        "1 on the active controller; the sum over a cluster must be 1.")
    package static let offlinePartitions = MetricDefinition(
        "kafka_controller_kafkacontroller_offlinepartitionscount", .gauge,
        "Partitions without a leader.")
    package static let preferredReplicaImbalance = MetricDefinition(
        "kafka_controller_kafkacontroller_preferredreplicaimbalancecount", .gauge,
        "Partitions that are not led by their first replica.")
    package static let activeBrokers = MetricDefinition(
        "kafka_controller_kafkacontroller_activebrokercount", .gauge,
        "Registered brokers that are not fenced.")
    package static let fencedBrokers = MetricDefinition(
        "kafka_controller_kafkacontroller_fencedbrokercount", .gauge,
        "Registered brokers that are fenced.")
    package static let globalTopics = MetricDefinition(
        "kafka_controller_kafkacontroller_globaltopiccount", .gauge,
        "Topics of the cluster.")
    package static let globalPartitions = MetricDefinition(
        "kafka_controller_kafkacontroller_globalpartitioncount", .gauge,
        "Partitions of the cluster.")
    package static let metadataErrors = MetricDefinition(
        "kafka_controller_kafkacontroller_metadataerrorcount", .gauge,
        "Errors while metadata was applied; must be 0.")
    package static let lastAppliedRecordOffset = MetricDefinition(
        "kafka_controller_kafkacontroller_lastappliedrecordoffset", .gauge,
        "Last offset of the metadata log that this controller applied.")
    package static let lastCommittedRecordOffset = MetricDefinition(
        "kafka_controller_kafkacontroller_lastcommittedrecordoffset", .gauge,
        "Last committed offset of the metadata log known here.")
    package static let lastAppliedRecordTimestamp = MetricDefinition(
        "kafka_controller_kafkacontroller_lastappliedrecordtimestamp", .gauge,
        "When the last applied record was appended, in milliseconds since 1970.")
    package static let lastAppliedRecordLag = MetricDefinition(
        "kafka_controller_kafkacontroller_lastappliedrecordlagms", .gauge,
        "Age of the last applied record in milliseconds; 0 on the active controller.")
    package static let timedOutHeartbeats = MetricDefinition(
        "kafka_controller_kafkacontroller_timedoutbrokerheartbeatcount", .gauge,
        "Broker heartbeats that were not answered in time.")
    package static let newActiveControllers = MetricDefinition(
        "kafka_controller_kafkacontroller_newactivecontrollerscount", .gauge,
        "Controllers seen to become active since this process started.")
    package static let controllerEventsStarted = MetricDefinition(
        "kafka_controller_kafkacontroller_eventqueueoperationsstartedcount", .gauge,
        "Operations the controller began.")
    package static let controllerEventsTimedOut = MetricDefinition(
        "kafka_controller_kafkacontroller_eventqueueoperationstimedoutcount", .gauge,
        "Operations that timed out before the controller began them.")
    package static let uncleanElections = MetricDefinition(
        "kafka_controller_controllerstats_uncleanleaderelections_total", .counter,
        "Leaders chosen outside the in-sync replicas: data may be lost.")

    static let controllerTable: [MetricDefinition] = [
        activeControllerCount, offlinePartitions, preferredReplicaImbalance, activeBrokers,
        fencedBrokers, globalTopics, globalPartitions, metadataErrors, lastAppliedRecordOffset,
        lastCommittedRecordOffset, lastAppliedRecordTimestamp, lastAppliedRecordLag,
        timedOutHeartbeats, newActiveControllers, controllerEventsStarted,
        controllerEventsTimedOut, uncleanElections,
    ]
}
