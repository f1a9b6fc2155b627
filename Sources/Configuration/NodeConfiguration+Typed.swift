internal import Model

/// The settings most rooms ask for, with their units. The others are read by name from `settings`.
extension NodeConfiguration {
    /// Rack of this broker, for placement and for reading nearby.
    package var rack: String? { settings.text("broker.rack") }

    /// The value of `replica.selector.class` that sends consumers to a replica of their rack (KIP-392).
    static let rackAwareSelector = "org.apache.kafka.common.replica.RackAwareReplicaSelector"
    /// Whether consumers read from a replica of their rack.
    package var sendsConsumersNear: Bool {
        settings.text("replica.selector.class") == Self.rackAwareSelector
    }

    // Quorum.

    /// Least of the random election timeout, which is drawn from it up to its double.
    package var electionTimeout: Duration {
        settings.duration("controller.quorum.election.timeout.ms")
    }
    /// Most of the pause of a successor after a resignation.
    package var electionBackoffMax: Duration {
        settings.duration("controller.quorum.election.backoff.max.ms")
    }
    /// Without a good fetch for so long, a follower stands for election.
    package var quorumFetchTimeout: Duration {
        settings.duration("controller.quorum.fetch.timeout.ms")
    }
    package var quorumRequestTimeout: Duration {
        settings.duration("controller.quorum.request.timeout.ms")
    }
    package var quorumRetryBackoff: Duration {
        settings.duration("controller.quorum.retry.backoff.ms")
    }
    /// How long the quorum's leader gathers records before one sync.
    package var quorumAppendLinger: Duration {
        settings.duration("controller.quorum.append.linger.ms")
    }
    package var quorumFetchMaxBytes: Int { settings.int("controller.quorum.fetch.max.bytes") }
    package var quorumSnapshotFetchMaxBytes: Int {
        settings.int("controller.quorum.fetch.snapshot.max.bytes")
    }
    /// Size at which a segment of the metadata log is closed. Tests may set a smaller one than users may.
    package var metadataSegmentBytes: Int {
        settings.text("internal.metadata.log.segment.bytes").flatMap { Int($0) }
            ?? settings.int("metadata.log.segment.bytes")
    }
    /// A snapshot after so many bytes of records.
    package var snapshotAfterBytes: Int {
        settings.int("metadata.log.max.record.bytes.between.snapshots")
    }
    /// A snapshot at least so often; zero for never by time.
    package var snapshotInterval: Duration {
        settings.duration("metadata.log.max.snapshot.interval.ms")
    }
    /// An idle leader writes a no-op record so often; zero for never.
    package var noOpInterval: Duration { settings.duration("metadata.max.idle.interval.ms") }

    // The broker's life.

    package var heartbeatInterval: Duration { settings.duration("broker.heartbeat.interval.ms") }

    /// Without a heartbeat for so long a broker is fenced: at least three heartbeats.
    package var brokerSession: Duration {
        let session = settings.duration("broker.session.timeout.ms")
        return max(session, heartbeatInterval * 3)
    }

    /// A broker that is not registered after so long gives up.
    package var registrationTimeout: Duration {
        settings.duration("initial.broker.registration.timeout.ms")
    }

    // Replication.

    /// A follower not caught up for so long leaves the ISR.
    package var replicaLagTimeMax: Duration { settings.duration("replica.lag.time.max.ms") }
    package var replicaFetchWaitMax: Duration { settings.duration("replica.fetch.wait.max.ms") }
    package var replicaFetchMinBytes: Int { settings.int("replica.fetch.min.bytes") }
    /// Per partition.
    package var replicaFetchMaxBytes: Int { settings.int("replica.fetch.max.bytes") }
    package var replicaFetchResponseMaxBytes: Int {
        settings.int("replica.fetch.response.max.bytes")
    }
    package var replicaFetchBackoff: Duration { settings.duration("replica.fetch.backoff.ms") }

    // Sockets.

    /// The largest request; longer ones close the connection.
    package var requestMaxBytes: Int { settings.int("socket.request.max.bytes") }
    package var connectionsMaxIdle: Duration? { settings.limit("connections.max.idle.ms") }
    package var connectionsMax: Int { settings.int("max.connections") }
    package var connectionsMaxPerAddress: Int { settings.int("max.connections.per.ip") }

    /// Where metrics and readiness are served over HTTP; nil for nowhere.
    package var httpListener: HostAndPort? {
        settings.text("http.listener").flatMap { HostAndPort($0, mayBeBlank: true) }
    }

    // Topics.

    package var defaultPartitions: Int { settings.int("num.partitions") }
    package var defaultReplicationFactor: Int { settings.int("default.replication.factor") }
    package var createsTopicsOnDemand: Bool { settings.flag("auto.create.topics.enable") }
    package var allowsTopicDeletion: Bool { settings.flag("delete.topic.enable") }

    // Storage.

    /// A sync that lasts longer takes its directory offline.
    package var flushStall: Duration { settings.duration("log.flush.stall.ms") }
    package var recoveryPointInterval: Duration {
        settings.duration("log.flush.offset.checkpoint.interval.ms")
    }
    package var logStartCheckpointInterval: Duration {
        settings.duration("log.flush.start.offset.checkpoint.interval.ms")
    }
    package var highWatermarkCheckpointInterval: Duration {
        settings.duration("replica.high.watermark.checkpoint.interval.ms")
    }
    /// How long an idle producer's sequence numbers are remembered.
    package var producerIDExpiration: Duration { settings.duration("producer.id.expiration.ms") }
}
