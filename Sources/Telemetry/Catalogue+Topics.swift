extension Catalogue {
    package static let messagesIn = MetricDefinition(
        "kafka_server_brokertopicmetrics_messagesin_total", .counter, labels: ["topic"],
        "Records that clients wrote.")
    package static let bytesIn = MetricDefinition(
        "kafka_server_brokertopicmetrics_bytesin_total", .counter, labels: ["topic"],
        "Bytes that clients wrote.")
    package static let bytesOut = MetricDefinition(
        "kafka_server_brokertopicmetrics_bytesout_total", .counter, labels: ["topic"],
        "Bytes that clients read.")
    package static let replicationBytesIn = MetricDefinition(
        "kafka_server_brokertopicmetrics_replicationbytesin_total", .counter,
        "Bytes fetched from leaders.")
    package static let replicationBytesOut = MetricDefinition(
        "kafka_server_brokertopicmetrics_replicationbytesout_total", .counter,
        "Bytes that followers fetched.")
    package static let produceRequests = MetricDefinition(
        "kafka_server_brokertopicmetrics_totalproducerequests_total", .counter, labels: ["topic"],
        "Partitions in produce requests.")
    package static let fetchRequests = MetricDefinition(
        "kafka_server_brokertopicmetrics_totalfetchrequests_total", .counter, labels: ["topic"],
        "Partitions in fetch requests.")
    package static let failedProduceRequests = MetricDefinition(
        "kafka_server_brokertopicmetrics_failedproducerequests_total", .counter, labels: ["topic"],
        "Partitions in produce requests that failed.")
    package static let failedFetchRequests = MetricDefinition(
        "kafka_server_brokertopicmetrics_failedfetchrequests_total", .counter, labels: ["topic"],
        "Partitions in fetch requests that failed.")
    package static let invalidMagic = MetricDefinition(
        "kafka_server_brokertopicmetrics_invalidmagicnumberrecords_total", .counter,
        "Batches refused for their format number.")
    package static let invalidCRC = MetricDefinition(
        "kafka_server_brokertopicmetrics_invalidmessagecrcrecords_total", .counter,
        "Batches refused for their checksum.")
    package static let invalidOffsetOrSequence = MetricDefinition(
        "kafka_server_brokertopicmetrics_invalidoffsetorsequencerecords_total", .counter,
        "Batches refused for offsets or sequence numbers.")

    static let topicsTable: [MetricDefinition] = [
        messagesIn, bytesIn, bytesOut, replicationBytesIn, replicationBytesOut,
        produceRequests, fetchRequests, failedProduceRequests, failedFetchRequests, invalidMagic,
        invalidCRC, invalidOffsetOrSequence,
    ]
}
