/// Why the contents of a `.snapshot` file are not used. The log is read instead, from an older
/// snapshot or from its start.
package enum ProducerSnapshotError: Error, Hashable, Sendable {
    /// A version other than 1.
    case unsupportedVersion(Int16)
    /// The checksum is not that of the bytes.
    case crcMismatch(stored: UInt32, computed: UInt32)
    /// The file is not as long as its entries.
    case invalidLength(entries: Int, bytes: Int)
    /// An entry with a value that no producer has, or a second one of the same producer.
    case invalidEntry(index: Int)
}
