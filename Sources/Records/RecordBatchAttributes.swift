public import Compression

/// Which clock a batch's timestamps come from.
public enum TimestampType: UInt8, Hashable, Sendable {
    /// The producer's, one per record.
    case createTime = 0
    /// The leader's at the append, one for the whole batch.
    case logAppendTime = 1
}

/// The 16 attribute bits of a batch. Unassigned bits are kept.
@frozen
public struct RecordBatchAttributes: Hashable, Sendable, RawRepresentable {
    public var rawValue: Int16

    @inlinable public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Attributes of a batch that is being written.
    @inlinable
    public init(
        compression: CompressionCodec = .none, timestampType: TimestampType = .createTime,
        isTransactional: Bool = false, isControl: Bool = false, hasDeleteHorizon: Bool = false
    ) {
        rawValue = Int16(compression.rawValue)
        if timestampType == .logAppendTime { rawValue |= 1 << 3 }
        if isTransactional { rawValue |= 1 << 4 }
        if isControl { rawValue |= 1 << 5 }
        if hasDeleteHorizon { rawValue |= 1 << 6 }
    }

    /// The codec, or nil for a number that nobody has assigned.
    @inlinable
    public var assignedCodec: CompressionCodec? {
        CompressionCodec(rawValue: UInt8(truncatingIfNeeded: rawValue & 7))
    }

    /// Bit 3.
    @inlinable
    public var timestampType: TimestampType {
        get { rawValue & (1 << 3) == 0 ? .createTime : .logAppendTime }
        set {
            rawValue &= ~(1 << 3)
            if newValue == .logAppendTime { rawValue |= 1 << 3 }
        }
    }

    /// Bit 4: part of a transaction.
    @inlinable public var isTransactional: Bool { rawValue & (1 << 4) != 0 }
    /// Bit 5: a marker for the system, skipped by consumers.
    @inlinable public var isControl: Bool { rawValue & (1 << 5) != 0 }
    /// Bit 6: the base timestamp holds the time after which tombstones or markers may go (KIP-534).
    @inlinable public var hasDeleteHorizon: Bool { rawValue & (1 << 6) != 0 }
}
