/// Something an operator should hear of, told at most once in ten seconds per listener.
package enum TransportTrouble: Hashable, Sendable {
    /// The process has no descriptor left: so many connections were closed at once since the last
    /// report.
    case outOfDescriptors(port: UInt16, refused: Int)
    /// The kernel gave no connection, for its own reasons.
    case acceptFailed(port: UInt16, reason: String)
}
