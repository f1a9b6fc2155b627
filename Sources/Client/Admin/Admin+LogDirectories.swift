public import Model
internal import Wire
internal import WireMessages

/// One replica as it lies in a log directory.
public struct DirectoryReplica: Hashable, Sendable {
    public let partition: TopicPartition
    public let size: Int64
    /// Of a replica, how far its end is behind the high watermark; of one that moves here, how far behind the replica.
    public let offsetLag: Int64
    /// On its way into this directory.
    public let isFuture: Bool
}

/// A log directory of a broker.
public struct LogDirectoryDescription: Hashable, Sendable {
    public let path: String
    /// `.none` of a directory that works.
    public let error: ErrorCode
    /// Bytes of its file system, nil if the broker does not tell.
    public let totalBytes: Int64?
    public let usableBytes: Int64?
    /// By topic and number; one that moves within the broker stands in both directories.
    public let replicas: [DirectoryReplica]
}

extension Admin {
    /// The log directories of one broker, in its order.
    public func describeLogDirectories(
        of broker: BrokerID, topics: [(name: String, partitions: [Int32])]? = nil
    ) async throws(ClientError) -> [LogDirectoryDescription] {
        try await retrying("describing log directories") {
            left throws(ClientError) -> [LogDirectoryDescription] in
            var request = DescribeLogDirsRequest()
            request.topics = topics?.map { name, partitions in
                var topic = DescribeLogDirsRequest.DescribableLogDirTopic()
                topic.topic = name
                topic.partitions = partitions
                return topic
            }
            let answer = try await ask(request, of: .node(broker), within: left).message
            try answer.errorCode.check()
            return answer.results.map(Self.description)
        }
    }

    private static func description(
        of result: DescribeLogDirsResponse.DescribeLogDirsResult
    ) -> LogDirectoryDescription {
        let replicas = result.topics.flatMap { topic in
            topic.partitions.map { partition in
                DirectoryReplica(
                    partition: TopicPartition(topic.name, partition.partitionIndex),
                    size: partition.partitionSize, offsetLag: partition.offsetLag,
                    isFuture: partition.isFutureKey)
            }
        }
        return LogDirectoryDescription(
            path: result.logDir, error: result.errorCode,
            totalBytes: result.totalBytes < 0 ? nil : result.totalBytes,
            usableBytes: result.usableBytes < 0 ? nil : result.usableBytes, replicas: replicas)
    }
}
