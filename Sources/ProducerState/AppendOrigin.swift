/// Who brings a batch to the log, and so which checks it must pass.
package enum AppendOrigin: Hashable, Sendable {
    /// A producer: epochs, sequences and duplicates are checked.
    case client
    /// A coordinator on this node, with offsets or transaction markers: epochs are checked, and
    /// there are no sequences.
    case coordinator
    /// The leader of the partition, which has checked: nothing is.
    case replication
    /// The log itself, read after a start: nothing is checked.
    case recovery

    /// Whether the batch is in the leader's log already, so that refusing it would make logs
    /// differ.
    var isSettled: Bool { self == .replication || self == .recovery }
}
