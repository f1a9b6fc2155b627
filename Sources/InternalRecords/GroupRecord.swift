public import Bytes
public import Wire

/// A record of `__consumer_offsets`: what a group coordinator stores. A missing value is a tombstone.
///
/// Share groups and streams groups have records of their own, which are no part of this yet.
public enum GroupRecord: Equatable, Sendable {
    case offset(OffsetCommitKey, OffsetCommitValue?)
    case classicGroup(GroupMetadataKey, GroupMetadataValue?)
    case consumerGroup(ConsumerGroupMetadataKey, ConsumerGroupMetadataValue?)
    /// Written by brokers before 4.1 only.
    case consumerTopics(ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue?)
    case consumerMember(ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue?)
    case consumerTarget(
        ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue?)
    case consumerTargetMember(
        ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue?)
    case consumerCurrent(
        ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue?)
    case consumerPattern(
        ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue?)
}

/// A record's key stands behind the int16 of its type, its value behind the int16 of its version.
extension GroupRecord {
    /// Reads a record; nil for a type that this build does not know, which is to be passed over.
    public init?(key: SharedBytes, value: SharedBytes?) throws(DecodeError) {
        var reader = ByteReader(key)
        switch try reader.int16() {
        // Type 0 is what brokers before 0.9 wrote: the same fields.
        case 0, 1: self = .offset(try .init(from: &reader, version: 0), try Self.read(value))
        case 2: self = .classicGroup(try .init(from: &reader, version: 0), try Self.read(value))
        case 3: self = .consumerGroup(try .init(from: &reader, version: 0), try Self.read(value))
        case 4: self = .consumerTopics(try .init(from: &reader, version: 0), try Self.read(value))
        case 5: self = .consumerMember(try .init(from: &reader, version: 0), try Self.read(value))
        case 6: self = .consumerTarget(try .init(from: &reader, version: 0), try Self.read(value))
        case 7:
            self = .consumerTargetMember(
                try .init(from: &reader, version: 0), try Self.read(value))
        case 8: self = .consumerCurrent(try .init(from: &reader, version: 0), try Self.read(value))
        case 16: self = .consumerPattern(try .init(from: &reader, version: 0), try Self.read(value))
        default: return nil
        }
    }

    private static func read<Value: RecordMessage>(
        _ bytes: SharedBytes?
    ) throws(DecodeError) -> Value? {
        guard let bytes else { return nil }
        var reader = ByteReader(bytes)
        let version = try reader.int16()
        return try Value(from: &reader, version: version)
    }

    /// Key and value as they stand in the log.
    public func framed() throws(EncodeError) -> (key: SharedBytes, value: SharedBytes?) {
        switch self {
        case .offset(let key, let value):
            // Only version 1 has a time of expiry of its own; from 4 on the topic's id is kept.
            let version: Int16 = value.map { $0.expireTimestamp >= 0 ? 1 : 4 } ?? 4
            return try (Self.key(key), Self.value(value, version))
        case .classicGroup(let key, let value): return try (Self.key(key), Self.value(value, 3))
        case .consumerGroup(let key, let value): return try (Self.key(key), Self.value(value, 0))
        case .consumerTopics(let key, let value): return try (Self.key(key), Self.value(value, 0))
        case .consumerMember(let key, let value): return try (Self.key(key), Self.value(value, 0))
        case .consumerTarget(let key, let value): return try (Self.key(key), Self.value(value, 0))
        case .consumerTargetMember(let key, let value):
            return try (Self.key(key), Self.value(value, 0))
        case .consumerCurrent(let key, let value): return try (Self.key(key), Self.value(value, 0))
        case .consumerPattern(let key, let value): return try (Self.key(key), Self.value(value, 0))
        }
    }

    private static func key(_ key: some RecordMessage) throws(EncodeError) -> SharedBytes {
        guard let number = type(of: key).recordType else {
            preconditionFailure("a record's key has a type")
        }
        var writer = ByteWriter(capacity: 64)
        writer.int16(number)
        try key.encode(to: &writer, version: 0)
        return writer.finish()
    }

    private static func value(
        _ value: (some RecordMessage)?, _ version: Int16
    ) throws(EncodeError) -> SharedBytes? {
        guard let value else { return nil }
        var writer = ByteWriter(capacity: 128)
        writer.int16(version)
        try value.encode(to: &writer, version: version)
        return writer.finish()
    }

    /// The group that the record is about.
    public var groupID: String {
        switch self {
        case .offset(let key, _): key.group
        case .classicGroup(let key, _): key.group
        case .consumerGroup(let key, _): key.groupID
        case .consumerTopics(let key, _): key.groupID
        case .consumerMember(let key, _): key.groupID
        case .consumerTarget(let key, _): key.groupID
        case .consumerTargetMember(let key, _): key.groupID
        case .consumerCurrent(let key, _): key.groupID
        case .consumerPattern(let key, _): key.groupID
        }
    }
}
