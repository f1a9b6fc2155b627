/// Where the keys of coordinators lie: groups in `__consumer_offsets`, transactions in `__transaction_state`.
package enum CoordinatedKey {
    /// The partition that `key` belongs to: Java's hash of the string, the most negative one counting as 0,
    /// modulo the number of partitions (`protocol.md` §13).
    package static func partition(of key: String, among count: Int) -> Int32 {
        precondition(count > 0, "the topic has partitions")
        let hash = hash(of: key)
        return (hash == .min ? 0 : abs(hash)) % Int32(count)
    }

    /// Java's hash of a string.
    static func hash(of text: String) -> Int32 {
        text.utf16.reduce(0) { 31 &* $0 &+ Int32($1) }
    }
}
