public import Model

/// Where to begin, or go on, in a partition.
public enum StartPosition: Hashable, Sendable {
    case offset(Offset)
    case reset(OffsetReset)
    /// Where the consumer stands already; if it does not, as `auto.offset.reset` says.
    case current
}
