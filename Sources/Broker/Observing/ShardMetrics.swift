internal import Model
internal import Records
internal import Telemetry
internal import Wire

/// One loop's metrics: cells that only this loop writes.
final class ShardMetrics {
    let network: NetworkMetrics
    private let registry: Metrics
    private var topics: [String: TopicCounters] = [:]
    private let replicationIn: Counter
    private let replicationOut: Counter
    private let shrinks: Counter
    private let expands: Counter
    private let failedChanges: Counter
    private let flushTime: Histogram
    private let flushed: Counter
    private let expired: Counter
    private let invalidMagic: Counter
    private let invalidCRC: Counter
    private let invalidOffset: Counter
    let sessions: Gauge
    let sessionPartitions: Gauge
    let fetchPartitionsRead: Counter

    /// Topics counted by name; those beyond share one row, so that names cannot fill the memory.
    static let topicsMax = 10_000

    private struct TopicCounters {
        let messagesIn: Counter
        let bytesIn: Counter
        let bytesOut: Counter
        let produceRequests: Counter
        let fetchRequests: Counter
        let failedProduce: Counter
        let failedFetch: Counter
    }

    init(registry: Metrics, shard: Int) {
        self.registry = registry
        network = NetworkMetrics(registry: registry)
        replicationIn = registry.counter(Catalogue.replicationBytesIn)
        replicationOut = registry.counter(Catalogue.replicationBytesOut)
        shrinks = registry.counter(Catalogue.isrShrinks)
        expands = registry.counter(Catalogue.isrExpands)
        failedChanges = registry.counter(Catalogue.failedISRUpdates)
        flushTime = registry.histogram(Catalogue.flushes)
        flushed = registry.counter(Catalogue.flushedFiles)
        expired = registry.counter(Catalogue.delayedFetchExpires)
        invalidMagic = registry.counter(Catalogue.invalidMagic)
        invalidCRC = registry.counter(Catalogue.invalidCRC)
        invalidOffset = registry.counter(Catalogue.invalidOffsetOrSequence)
        sessions = registry.gauge(Catalogue.fetchSessions)
        sessionPartitions = registry.gauge(Catalogue.fetchSessionPartitions)
        fetchPartitionsRead = registry.counter(Catalogue.fetchPartitionsRead)
    }

    private func counters(of topic: String) -> TopicCounters {
        if let known = topics[topic] { return known }
        let name = topics.count < Self.topicsMax ? topic : "other"
        if let known = topics[name] { return known }
        let made = TopicCounters(
            messagesIn: registry.counter(Catalogue.messagesIn, name),
            bytesIn: registry.counter(Catalogue.bytesIn, name),
            bytesOut: registry.counter(Catalogue.bytesOut, name),
            produceRequests: registry.counter(Catalogue.produceRequests, name),
            fetchRequests: registry.counter(Catalogue.fetchRequests, name),
            failedProduce: registry.counter(Catalogue.failedProduceRequests, name),
            failedFetch: registry.counter(Catalogue.failedFetchRequests, name))
        topics[name] = made
        return made
    }

    func appended(topic: String, bytes: Int, records: Int) {
        let counters = counters(of: topic)
        counters.messagesIn.add(Int64(records))
        counters.bytesIn.add(Int64(bytes))
        counters.produceRequests.add()
    }

    func produceFailed(topic: String) { counters(of: topic).failedProduce.add() }

    func produceExpired() { expired.add() }

    func read(topic: String, bytes: Int, isFollower: Bool) {
        if isFollower {
            replicationOut.add(Int64(bytes))
        } else {
            let counters = counters(of: topic)
            counters.bytesOut.add(Int64(bytes))
            counters.fetchRequests.add()
        }
    }

    func replicatedIn(bytes: Int) { replicationIn.add(Int64(bytes)) }

    func isrChangeProposed(isShrink: Bool) { (isShrink ? shrinks : expands).add() }

    func rejected(_ cause: BatchRejection) {
        switch cause {
        case .malformed(.unsupportedMagic): invalidMagic.add()
        case .malformed(.crcMismatch): invalidCRC.add()
        case .baseOffsetNotZero, .inconsistentCount, .incompleteProducer: invalidOffset.add()
        default: break
        }
    }

    func isrChangeFailed() { failedChanges.add() }

    func synced(files: Int, took: Duration, at now: Instant) {
        flushTime.record(took, at: now)
        flushed.add(Int64(files))
    }
}

/// One loop's metrics of connections and requests.
final class NetworkMetrics {
    private let registry: Metrics
    private let connections: Gauge
    private let created: Counter
    private let closed: Counter
    private let refused: Counter
    private let paused: Counter
    private let notAdmitted: Counter
    /// By API and version, made when first seen.
    private var requests: [Int32: Counter] = [:]
    /// By API, made when first seen.
    private var times: [ApiKey: Histogram] = [:]

    init(registry: Metrics) {
        self.registry = registry
        connections = registry.gauge(Catalogue.connections)
        created = registry.counter(Catalogue.connectionsCreated)
        closed = registry.counter(Catalogue.connectionsClosed)
        refused = registry.counter(Catalogue.framesRefused)
        paused = registry.counter(Catalogue.readsPaused)
        notAdmitted = registry.counter(Catalogue.connectionsRefused)
    }

    func connectionOpened() {
        connections.add(1)
        created.add()
    }

    func connectionClosed() {
        connections.add(-1)
        closed.add()
    }

    func requestRefused() { refused.add() }
    func connectionRefused() { notAdmitted.add() }
    func readingPaused() { paused.add() }

    /// From the request's arrival to its answer, waiting for replicas or records included.
    func requestAnswered(_ api: ApiKey, took: Duration, at now: Instant) {
        if let histogram = times[api] {
            histogram.record(took, at: now)
            return
        }
        let histogram = registry.histogram(Catalogue.requestTotalTime, "\(api)")
        times[api] = histogram
        histogram.record(took, at: now)
    }

    func requestBegun(_ api: ApiKey, version: Int16) {
        let key = Int32(api.rawValue) << 16 | Int32(version)
        if let counter = requests[key] {
            counter.add()
            return
        }
        let counter = registry.counter(Catalogue.requests, "\(api)", "\(version)")
        requests[key] = counter
        counter.add()
    }
}
