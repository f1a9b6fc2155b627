/// Kafka's error codes: the one table of code, name and what a client should do.
///
/// A struct, not an enum, so that a code of a newer peer survives being passed on.
public struct ErrorCode: Hashable, Sendable, RawRepresentable {
    public let rawValue: Int16
    @inlinable public init(rawValue: Int16) { self.rawValue = rawValue }

    public static let unknownServerError = ErrorCode(rawValue: -1)
    public static let none = ErrorCode(rawValue: 0)
    public static let offsetOutOfRange = ErrorCode(rawValue: 1)
    public static let corruptMessage = ErrorCode(rawValue: 2)
    public static let unknownTopicOrPartition = ErrorCode(rawValue: 3)
    public static let invalidFetchSize = ErrorCode(rawValue: 4)
    public static let leaderNotAvailable = ErrorCode(rawValue: 5)
    public static let notLeaderOrFollower = ErrorCode(rawValue: 6)
    public static let requestTimedOut = ErrorCode(rawValue: 7)
    public static let brokerNotAvailable = ErrorCode(rawValue: 8)
    public static let replicaNotAvailable = ErrorCode(rawValue: 9)
    public static let messageTooLarge = ErrorCode(rawValue: 10)
    public static let staleControllerEpoch = ErrorCode(rawValue: 11)
    public static let offsetMetadataTooLarge = ErrorCode(rawValue: 12)
    public static let networkException = ErrorCode(rawValue: 13)
    public static let coordinatorLoadInProgress = ErrorCode(rawValue: 14)
    public static let coordinatorNotAvailable = ErrorCode(rawValue: 15)
    public static let notCoordinator = ErrorCode(rawValue: 16)
    public static let invalidTopicException = ErrorCode(rawValue: 17)
    public static let recordListTooLarge = ErrorCode(rawValue: 18)
    public static let notEnoughReplicas = ErrorCode(rawValue: 19)
    public static let notEnoughReplicasAfterAppend = ErrorCode(rawValue: 20)
    public static let invalidRequiredAcks = ErrorCode(rawValue: 21)
    public static let illegalGeneration = ErrorCode(rawValue: 22)
    public static let inconsistentGroupProtocol = ErrorCode(rawValue: 23)
    public static let invalidGroupId = ErrorCode(rawValue: 24)
    public static let unknownMemberId = ErrorCode(rawValue: 25)
    public static let invalidSessionTimeout = ErrorCode(rawValue: 26)
    public static let rebalanceInProgress = ErrorCode(rawValue: 27)
    public static let invalidCommitOffsetSize = ErrorCode(rawValue: 28)
    public static let topicAuthorizationFailed = ErrorCode(rawValue: 29)
    public static let groupAuthorizationFailed = ErrorCode(rawValue: 30)
    public static let clusterAuthorizationFailed = ErrorCode(rawValue: 31)
    public static let invalidTimestamp = ErrorCode(rawValue: 32)
    public static let unsupportedSaslMechanism = ErrorCode(rawValue: 33)
    public static let illegalSaslState = ErrorCode(rawValue: 34)
    public static let unsupportedVersion = ErrorCode(rawValue: 35)
    public static let topicAlreadyExists = ErrorCode(rawValue: 36)
    public static let invalidPartitions = ErrorCode(rawValue: 37)
    public static let invalidReplicationFactor = ErrorCode(rawValue: 38)
    public static let invalidReplicaAssignment = ErrorCode(rawValue: 39)
    public static let invalidConfig = ErrorCode(rawValue: 40)
    public static let notController = ErrorCode(rawValue: 41)
    public static let invalidRequest = ErrorCode(rawValue: 42)
    public static let unsupportedForMessageFormat = ErrorCode(rawValue: 43)
    public static let policyViolation = ErrorCode(rawValue: 44)
    public static let outOfOrderSequenceNumber = ErrorCode(rawValue: 45)
    public static let duplicateSequenceNumber = ErrorCode(rawValue: 46)
    public static let invalidProducerEpoch = ErrorCode(rawValue: 47)
    public static let invalidTxnState = ErrorCode(rawValue: 48)
    public static let invalidProducerIdMapping = ErrorCode(rawValue: 49)
    public static let invalidTransactionTimeout = ErrorCode(rawValue: 50)
    public static let concurrentTransactions = ErrorCode(rawValue: 51)
    public static let transactionCoordinatorFenced = ErrorCode(rawValue: 52)
    public static let transactionalIdAuthorizationFailed = ErrorCode(rawValue: 53)
    public static let securityDisabled = ErrorCode(rawValue: 54)
    public static let operationNotAttempted = ErrorCode(rawValue: 55)
    public static let kafkaStorageError = ErrorCode(rawValue: 56)
    public static let logDirNotFound = ErrorCode(rawValue: 57)
    public static let saslAuthenticationFailed = ErrorCode(rawValue: 58)
    public static let unknownProducerId = ErrorCode(rawValue: 59)
    public static let reassignmentInProgress = ErrorCode(rawValue: 60)
    public static let delegationTokenAuthDisabled = ErrorCode(rawValue: 61)
    public static let delegationTokenNotFound = ErrorCode(rawValue: 62)
    public static let delegationTokenOwnerMismatch = ErrorCode(rawValue: 63)
    public static let delegationTokenRequestNotAllowed = ErrorCode(rawValue: 64)
    public static let delegationTokenAuthorizationFailed = ErrorCode(rawValue: 65)
    public static let delegationTokenExpired = ErrorCode(rawValue: 66)
    public static let invalidPrincipalType = ErrorCode(rawValue: 67)
    public static let nonEmptyGroup = ErrorCode(rawValue: 68)
    public static let groupIdNotFound = ErrorCode(rawValue: 69)
    public static let fetchSessionIdNotFound = ErrorCode(rawValue: 70)
    public static let invalidFetchSessionEpoch = ErrorCode(rawValue: 71)
    public static let listenerNotFound = ErrorCode(rawValue: 72)
    public static let topicDeletionDisabled = ErrorCode(rawValue: 73)
    public static let fencedLeaderEpoch = ErrorCode(rawValue: 74)
    public static let unknownLeaderEpoch = ErrorCode(rawValue: 75)
    public static let unsupportedCompressionType = ErrorCode(rawValue: 76)
    public static let staleBrokerEpoch = ErrorCode(rawValue: 77)
    public static let offsetNotAvailable = ErrorCode(rawValue: 78)
    public static let memberIdRequired = ErrorCode(rawValue: 79)
    public static let preferredLeaderNotAvailable = ErrorCode(rawValue: 80)
    public static let groupMaxSizeReached = ErrorCode(rawValue: 81)
    public static let fencedInstanceId = ErrorCode(rawValue: 82)
    public static let eligibleLeadersNotAvailable = ErrorCode(rawValue: 83)
    public static let electionNotNeeded = ErrorCode(rawValue: 84)
    public static let noReassignmentInProgress = ErrorCode(rawValue: 85)
    public static let groupSubscribedToTopic = ErrorCode(rawValue: 86)
    public static let invalidRecord = ErrorCode(rawValue: 87)
    public static let unstableOffsetCommit = ErrorCode(rawValue: 88)
    public static let throttlingQuotaExceeded = ErrorCode(rawValue: 89)
    public static let producerFenced = ErrorCode(rawValue: 90)
    public static let resourceNotFound = ErrorCode(rawValue: 91)
    public static let duplicateResource = ErrorCode(rawValue: 92)
    public static let unacceptableCredential = ErrorCode(rawValue: 93)
    public static let inconsistentVoterSet = ErrorCode(rawValue: 94)
    public static let invalidUpdateVersion = ErrorCode(rawValue: 95)
    public static let featureUpdateFailed = ErrorCode(rawValue: 96)
    public static let principalDeserializationFailure = ErrorCode(rawValue: 97)
    public static let snapshotNotFound = ErrorCode(rawValue: 98)
    public static let positionOutOfRange = ErrorCode(rawValue: 99)
    public static let unknownTopicId = ErrorCode(rawValue: 100)
    public static let duplicateBrokerRegistration = ErrorCode(rawValue: 101)
    public static let brokerIdNotRegistered = ErrorCode(rawValue: 102)
    public static let inconsistentTopicId = ErrorCode(rawValue: 103)
    public static let inconsistentClusterId = ErrorCode(rawValue: 104)
    public static let transactionalIdNotFound = ErrorCode(rawValue: 105)
    public static let fetchSessionTopicIdError = ErrorCode(rawValue: 106)
    public static let ineligibleReplica = ErrorCode(rawValue: 107)
    public static let newLeaderElected = ErrorCode(rawValue: 108)
    public static let offsetMovedToTieredStorage = ErrorCode(rawValue: 109)
    public static let fencedMemberEpoch = ErrorCode(rawValue: 110)
    public static let unreleasedInstanceId = ErrorCode(rawValue: 111)
    public static let unsupportedAssignor = ErrorCode(rawValue: 112)
    public static let staleMemberEpoch = ErrorCode(rawValue: 113)
    public static let mismatchedEndpointType = ErrorCode(rawValue: 114)
    public static let unsupportedEndpointType = ErrorCode(rawValue: 115)
    public static let unknownControllerId = ErrorCode(rawValue: 116)
    public static let unknownSubscriptionId = ErrorCode(rawValue: 117)
    public static let telemetryTooLarge = ErrorCode(rawValue: 118)
    public static let invalidRegistration = ErrorCode(rawValue: 119)
    public static let transactionAbortable = ErrorCode(rawValue: 120)
    public static let invalidRecordState = ErrorCode(rawValue: 121)
    public static let shareSessionNotFound = ErrorCode(rawValue: 122)
    public static let invalidShareSessionEpoch = ErrorCode(rawValue: 123)
    public static let fencedStateEpoch = ErrorCode(rawValue: 124)
    public static let invalidVoterKey = ErrorCode(rawValue: 125)
    public static let duplicateVoter = ErrorCode(rawValue: 126)
    public static let voterNotFound = ErrorCode(rawValue: 127)
    public static let invalidRegularExpression = ErrorCode(rawValue: 128)
    public static let rebootstrapRequired = ErrorCode(rawValue: 129)
    public static let streamsInvalidTopology = ErrorCode(rawValue: 130)
    public static let streamsInvalidTopologyEpoch = ErrorCode(rawValue: 131)
    public static let streamsTopologyFenced = ErrorCode(rawValue: 132)
    public static let shareSessionLimitReached = ErrorCode(rawValue: 133)
    public static let groupDeletionFailed = ErrorCode(rawValue: 134)
    public static let streamsTopologyDescriptionUpdateFailed = ErrorCode(rawValue: 135)
    public static let controllerIdNotRegistered = ErrorCode(rawValue: 136)
}

extension ErrorCode: CustomStringConvertible {
    /// What a client does with the code.
    public enum Advice: Sendable {
        /// Give the error to the application.
        case fail
        /// Send the same request again.
        case retry
        /// Ask for new metadata or a new coordinator first.
        case refreshAndRetry
    }

    struct Entry: Sendable {
        let name: String
        let advice: Advice
    }

    static let table: [ErrorCode: Entry] = [
        .unknownServerError: Entry(name: "UNKNOWN_SERVER_ERROR", advice: .fail),
        .none: Entry(name: "NONE", advice: .fail),
        .offsetOutOfRange: Entry(name: "OFFSET_OUT_OF_RANGE", advice: .fail),
        .corruptMessage: Entry(name: "CORRUPT_MESSAGE", advice: .retry),
        .unknownTopicOrPartition: Entry(
            name: "UNKNOWN_TOPIC_OR_PARTITION", advice: .refreshAndRetry),
        .invalidFetchSize: Entry(name: "INVALID_FETCH_SIZE", advice: .fail),
        .leaderNotAvailable: Entry(name: "LEADER_NOT_AVAILABLE", advice: .refreshAndRetry),
        .notLeaderOrFollower: Entry(name: "NOT_LEADER_OR_FOLLOWER", advice: .refreshAndRetry),
        .requestTimedOut: Entry(name: "REQUEST_TIMED_OUT", advice: .retry),
        .brokerNotAvailable: Entry(name: "BROKER_NOT_AVAILABLE", advice: .fail),
        .replicaNotAvailable: Entry(name: "REPLICA_NOT_AVAILABLE", advice: .refreshAndRetry),
        .messageTooLarge: Entry(name: "MESSAGE_TOO_LARGE", advice: .fail),
        .staleControllerEpoch: Entry(name: "STALE_CONTROLLER_EPOCH", advice: .fail),
        .offsetMetadataTooLarge: Entry(name: "OFFSET_METADATA_TOO_LARGE", advice: .fail),
        .networkException: Entry(name: "NETWORK_EXCEPTION", advice: .refreshAndRetry),
        .coordinatorLoadInProgress: Entry(name: "COORDINATOR_LOAD_IN_PROGRESS", advice: .retry),
        .coordinatorNotAvailable: Entry(
            name: "COORDINATOR_NOT_AVAILABLE", advice: .refreshAndRetry),
        .notCoordinator: Entry(name: "NOT_COORDINATOR", advice: .refreshAndRetry),
        .invalidTopicException: Entry(name: "INVALID_TOPIC_EXCEPTION", advice: .fail),
        .recordListTooLarge: Entry(name: "RECORD_LIST_TOO_LARGE", advice: .fail),
        .notEnoughReplicas: Entry(name: "NOT_ENOUGH_REPLICAS", advice: .retry),
        .notEnoughReplicasAfterAppend: Entry(
            name: "NOT_ENOUGH_REPLICAS_AFTER_APPEND", advice: .retry),
        .invalidRequiredAcks: Entry(name: "INVALID_REQUIRED_ACKS", advice: .fail),
        .illegalGeneration: Entry(name: "ILLEGAL_GENERATION", advice: .fail),
        .inconsistentGroupProtocol: Entry(name: "INCONSISTENT_GROUP_PROTOCOL", advice: .fail),
        .invalidGroupId: Entry(name: "INVALID_GROUP_ID", advice: .fail),
        .unknownMemberId: Entry(name: "UNKNOWN_MEMBER_ID", advice: .fail),
        .invalidSessionTimeout: Entry(name: "INVALID_SESSION_TIMEOUT", advice: .fail),
        .rebalanceInProgress: Entry(name: "REBALANCE_IN_PROGRESS", advice: .fail),
        .invalidCommitOffsetSize: Entry(name: "INVALID_COMMIT_OFFSET_SIZE", advice: .fail),
        .topicAuthorizationFailed: Entry(name: "TOPIC_AUTHORIZATION_FAILED", advice: .fail),
        .groupAuthorizationFailed: Entry(name: "GROUP_AUTHORIZATION_FAILED", advice: .fail),
        .clusterAuthorizationFailed: Entry(name: "CLUSTER_AUTHORIZATION_FAILED", advice: .fail),
        .invalidTimestamp: Entry(name: "INVALID_TIMESTAMP", advice: .fail),
        .unsupportedSaslMechanism: Entry(name: "UNSUPPORTED_SASL_MECHANISM", advice: .fail),
        .illegalSaslState: Entry(name: "ILLEGAL_SASL_STATE", advice: .fail),
        .unsupportedVersion: Entry(name: "UNSUPPORTED_VERSION", advice: .fail),
        .topicAlreadyExists: Entry(name: "TOPIC_ALREADY_EXISTS", advice: .fail),
        .invalidPartitions: Entry(name: "INVALID_PARTITIONS", advice: .fail),
        .invalidReplicationFactor: Entry(name: "INVALID_REPLICATION_FACTOR", advice: .fail),
        .invalidReplicaAssignment: Entry(name: "INVALID_REPLICA_ASSIGNMENT", advice: .fail),
        .invalidConfig: Entry(name: "INVALID_CONFIG", advice: .fail),
        .notController: Entry(name: "NOT_CONTROLLER", advice: .retry),
        .invalidRequest: Entry(name: "INVALID_REQUEST", advice: .fail),
        .unsupportedForMessageFormat: Entry(name: "UNSUPPORTED_FOR_MESSAGE_FORMAT", advice: .fail),
        .policyViolation: Entry(name: "POLICY_VIOLATION", advice: .fail),
        .outOfOrderSequenceNumber: Entry(name: "OUT_OF_ORDER_SEQUENCE_NUMBER", advice: .fail),
        .duplicateSequenceNumber: Entry(name: "DUPLICATE_SEQUENCE_NUMBER", advice: .fail),
        .invalidProducerEpoch: Entry(name: "INVALID_PRODUCER_EPOCH", advice: .fail),
        .invalidTxnState: Entry(name: "INVALID_TXN_STATE", advice: .fail),
        .invalidProducerIdMapping: Entry(name: "INVALID_PRODUCER_ID_MAPPING", advice: .fail),
        .invalidTransactionTimeout: Entry(name: "INVALID_TRANSACTION_TIMEOUT", advice: .fail),
        .concurrentTransactions: Entry(name: "CONCURRENT_TRANSACTIONS", advice: .retry),
        .transactionCoordinatorFenced: Entry(name: "TRANSACTION_COORDINATOR_FENCED", advice: .fail),
        .transactionalIdAuthorizationFailed: Entry(
            name: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", advice: .fail),
        .securityDisabled: Entry(name: "SECURITY_DISABLED", advice: .fail),
        .operationNotAttempted: Entry(name: "OPERATION_NOT_ATTEMPTED", advice: .fail),
        .kafkaStorageError: Entry(name: "KAFKA_STORAGE_ERROR", advice: .refreshAndRetry),
        .logDirNotFound: Entry(name: "LOG_DIR_NOT_FOUND", advice: .fail),
        .saslAuthenticationFailed: Entry(name: "SASL_AUTHENTICATION_FAILED", advice: .fail),
        .unknownProducerId: Entry(name: "UNKNOWN_PRODUCER_ID", advice: .fail),
        .reassignmentInProgress: Entry(name: "REASSIGNMENT_IN_PROGRESS", advice: .fail),
        .delegationTokenAuthDisabled: Entry(name: "DELEGATION_TOKEN_AUTH_DISABLED", advice: .fail),
        .delegationTokenNotFound: Entry(name: "DELEGATION_TOKEN_NOT_FOUND", advice: .fail),
        .delegationTokenOwnerMismatch: Entry(
            name: "DELEGATION_TOKEN_OWNER_MISMATCH", advice: .fail),
        .delegationTokenRequestNotAllowed: Entry(
            name: "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", advice: .fail),
        .delegationTokenAuthorizationFailed: Entry(
            name: "DELEGATION_TOKEN_AUTHORIZATION_FAILED", advice: .fail),
        .delegationTokenExpired: Entry(name: "DELEGATION_TOKEN_EXPIRED", advice: .fail),
        .invalidPrincipalType: Entry(name: "INVALID_PRINCIPAL_TYPE", advice: .fail),
        .nonEmptyGroup: Entry(name: "NON_EMPTY_GROUP", advice: .fail),
        .groupIdNotFound: Entry(name: "GROUP_ID_NOT_FOUND", advice: .fail),
        .fetchSessionIdNotFound: Entry(name: "FETCH_SESSION_ID_NOT_FOUND", advice: .retry),
        .invalidFetchSessionEpoch: Entry(name: "INVALID_FETCH_SESSION_EPOCH", advice: .retry),
        .listenerNotFound: Entry(name: "LISTENER_NOT_FOUND", advice: .refreshAndRetry),
        .topicDeletionDisabled: Entry(name: "TOPIC_DELETION_DISABLED", advice: .fail),
        .fencedLeaderEpoch: Entry(name: "FENCED_LEADER_EPOCH", advice: .refreshAndRetry),
        .unknownLeaderEpoch: Entry(name: "UNKNOWN_LEADER_EPOCH", advice: .retry),
        .unsupportedCompressionType: Entry(name: "UNSUPPORTED_COMPRESSION_TYPE", advice: .fail),
        .staleBrokerEpoch: Entry(name: "STALE_BROKER_EPOCH", advice: .fail),
        .offsetNotAvailable: Entry(name: "OFFSET_NOT_AVAILABLE", advice: .retry),
        .memberIdRequired: Entry(name: "MEMBER_ID_REQUIRED", advice: .fail),
        .preferredLeaderNotAvailable: Entry(
            name: "PREFERRED_LEADER_NOT_AVAILABLE", advice: .refreshAndRetry),
        .groupMaxSizeReached: Entry(name: "GROUP_MAX_SIZE_REACHED", advice: .fail),
        .fencedInstanceId: Entry(name: "FENCED_INSTANCE_ID", advice: .fail),
        .eligibleLeadersNotAvailable: Entry(
            name: "ELIGIBLE_LEADERS_NOT_AVAILABLE", advice: .refreshAndRetry),
        .electionNotNeeded: Entry(name: "ELECTION_NOT_NEEDED", advice: .refreshAndRetry),
        .noReassignmentInProgress: Entry(name: "NO_REASSIGNMENT_IN_PROGRESS", advice: .fail),
        .groupSubscribedToTopic: Entry(name: "GROUP_SUBSCRIBED_TO_TOPIC", advice: .fail),
        .invalidRecord: Entry(name: "INVALID_RECORD", advice: .fail),
        .unstableOffsetCommit: Entry(name: "UNSTABLE_OFFSET_COMMIT", advice: .retry),
        .throttlingQuotaExceeded: Entry(name: "THROTTLING_QUOTA_EXCEEDED", advice: .retry),
        .producerFenced: Entry(name: "PRODUCER_FENCED", advice: .fail),
        .resourceNotFound: Entry(name: "RESOURCE_NOT_FOUND", advice: .fail),
        .duplicateResource: Entry(name: "DUPLICATE_RESOURCE", advice: .fail),
        .unacceptableCredential: Entry(name: "UNACCEPTABLE_CREDENTIAL", advice: .fail),
        .inconsistentVoterSet: Entry(name: "INCONSISTENT_VOTER_SET", advice: .fail),
        .invalidUpdateVersion: Entry(name: "INVALID_UPDATE_VERSION", advice: .fail),
        .featureUpdateFailed: Entry(name: "FEATURE_UPDATE_FAILED", advice: .fail),
        .principalDeserializationFailure: Entry(
            name: "PRINCIPAL_DESERIALIZATION_FAILURE", advice: .fail),
        .snapshotNotFound: Entry(name: "SNAPSHOT_NOT_FOUND", advice: .fail),
        .positionOutOfRange: Entry(name: "POSITION_OUT_OF_RANGE", advice: .fail),
        .unknownTopicId: Entry(name: "UNKNOWN_TOPIC_ID", advice: .refreshAndRetry),
        .duplicateBrokerRegistration: Entry(name: "DUPLICATE_BROKER_REGISTRATION", advice: .fail),
        .brokerIdNotRegistered: Entry(name: "BROKER_ID_NOT_REGISTERED", advice: .fail),
        .inconsistentTopicId: Entry(name: "INCONSISTENT_TOPIC_ID", advice: .refreshAndRetry),
        .inconsistentClusterId: Entry(name: "INCONSISTENT_CLUSTER_ID", advice: .fail),
        .transactionalIdNotFound: Entry(name: "TRANSACTIONAL_ID_NOT_FOUND", advice: .fail),
        .fetchSessionTopicIdError: Entry(name: "FETCH_SESSION_TOPIC_ID_ERROR", advice: .retry),
        .ineligibleReplica: Entry(name: "INELIGIBLE_REPLICA", advice: .fail),
        .newLeaderElected: Entry(name: "NEW_LEADER_ELECTED", advice: .fail),
        .offsetMovedToTieredStorage: Entry(name: "OFFSET_MOVED_TO_TIERED_STORAGE", advice: .fail),
        .fencedMemberEpoch: Entry(name: "FENCED_MEMBER_EPOCH", advice: .fail),
        .unreleasedInstanceId: Entry(name: "UNRELEASED_INSTANCE_ID", advice: .fail),
        .unsupportedAssignor: Entry(name: "UNSUPPORTED_ASSIGNOR", advice: .fail),
        .staleMemberEpoch: Entry(name: "STALE_MEMBER_EPOCH", advice: .fail),
        .mismatchedEndpointType: Entry(name: "MISMATCHED_ENDPOINT_TYPE", advice: .fail),
        .unsupportedEndpointType: Entry(name: "UNSUPPORTED_ENDPOINT_TYPE", advice: .fail),
        .unknownControllerId: Entry(name: "UNKNOWN_CONTROLLER_ID", advice: .fail),
        .unknownSubscriptionId: Entry(name: "UNKNOWN_SUBSCRIPTION_ID", advice: .fail),
        .telemetryTooLarge: Entry(name: "TELEMETRY_TOO_LARGE", advice: .fail),
        .invalidRegistration: Entry(name: "INVALID_REGISTRATION", advice: .fail),
        .transactionAbortable: Entry(name: "TRANSACTION_ABORTABLE", advice: .fail),
        .invalidRecordState: Entry(name: "INVALID_RECORD_STATE", advice: .fail),
        .shareSessionNotFound: Entry(name: "SHARE_SESSION_NOT_FOUND", advice: .retry),
        .invalidShareSessionEpoch: Entry(name: "INVALID_SHARE_SESSION_EPOCH", advice: .retry),
        .fencedStateEpoch: Entry(name: "FENCED_STATE_EPOCH", advice: .fail),
        .invalidVoterKey: Entry(name: "INVALID_VOTER_KEY", advice: .fail),
        .duplicateVoter: Entry(name: "DUPLICATE_VOTER", advice: .fail),
        .voterNotFound: Entry(name: "VOTER_NOT_FOUND", advice: .fail),
        .invalidRegularExpression: Entry(name: "INVALID_REGULAR_EXPRESSION", advice: .fail),
        .rebootstrapRequired: Entry(name: "REBOOTSTRAP_REQUIRED", advice: .fail),
        .streamsInvalidTopology: Entry(name: "STREAMS_INVALID_TOPOLOGY", advice: .fail),
        .streamsInvalidTopologyEpoch: Entry(name: "STREAMS_INVALID_TOPOLOGY_EPOCH", advice: .fail),
        .streamsTopologyFenced: Entry(name: "STREAMS_TOPOLOGY_FENCED", advice: .fail),
        .shareSessionLimitReached: Entry(name: "SHARE_SESSION_LIMIT_REACHED", advice: .retry),
        .groupDeletionFailed: Entry(name: "GROUP_DELETION_FAILED", advice: .fail),
        .streamsTopologyDescriptionUpdateFailed: Entry(
            name: "STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED", advice: .fail),
        .controllerIdNotRegistered: Entry(name: "CONTROLLER_ID_NOT_REGISTERED", advice: .fail),
    ]

    /// Kafka's name of the code, `UNKNOWN(n)` for one of a newer peer.
    public var name: String { Self.table[self]?.name ?? "UNKNOWN(\(rawValue))" }

    /// What a client should do; unknown codes are not retried.
    public var advice: Advice { Self.table[self]?.advice ?? .fail }

    public var description: String { name }
}
