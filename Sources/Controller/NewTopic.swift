internal import InternalRecords
internal import Metadata
package import Configuration
package import Model

/// A topic to be made.
package struct NewTopic: Sendable {
    package var name: String
    /// -1 for the cluster's default.
    package var partitions: Int32
    /// -1 for the cluster's default.
    package var replicationFactor: Int16
    /// Replicas by partition number, given by hand; then the two numbers above are -1.
    package var assignments: [(partition: Int32, replicas: [BrokerID])]
    /// Settings; a nil value means the default.
    package var configs: [(name: String, value: String?)]

    package init(
        name: String, partitions: Int32 = -1, replicationFactor: Int16 = -1,
        assignments: [(partition: Int32, replicas: [BrokerID])] = [],
        configs: [(name: String, value: String?)] = []
    ) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.assignments = assignments
        self.configs = configs
    }
}

/// A topic that was made, or would have been.
package struct CreatedTopic: Sendable {
    /// `.zero` if it was only validated.
    package let id: TopicID
    package let partitions: Int32
    package let replicationFactor: Int16
    /// The settings in force for it, sorted by name (KIP-525).
    package let configs: [ResolvedSetting]

    package init(
        id: TopicID, partitions: Int32, replicationFactor: Int16, configs: [ResolvedSetting]
    ) {
        self.id = id
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configs = configs
    }
}

/// What became of one topic of a request.
package struct TopicResult<Value: Sendable>: Sendable {
    package let name: String
    package let outcome: Result<Value, ControllerError>

    package init(name: String, outcome: Result<Value, ControllerError>) {
        self.name = name
        self.outcome = outcome
    }

    /// The same, if success is not known in time: what was refused stays refused with its reason.
    package func overtaken(by error: ControllerError) -> TopicResult {
        guard case .success = outcome else { return self }
        return TopicResult(name: name, outcome: .failure(error))
    }
}
