/// Splits the partitions of topics that are consumed together into ranges.
package enum RangeShare {
    /// Numbers of partitions by taker, ascending: neighbours, and for the first takers one more. Where some partitions
    /// are near a taker and others are not (KIP-881), each takes of the near ones first.
    ///
    /// - Parameter isNear: whether a partition has a replica where a taker is.
    package static func split(
        _ count: Int32, among takers: Int, isNear: (_ taker: Int, _ partition: Int32) -> Bool
    ) -> [[Int32]] {
        let (each, extra) = Int(count).quotientAndRemainder(dividingBy: takers)
        var shares = Array(repeating: [Int32](), count: takers)
        func hasRoom(_ taker: Int) -> Bool {
            shares[taker].count < each + (taker < extra ? 1 : 0)
        }
        var left: [Int32] = []
        for partition in 0..<count {
            if let taker = (0..<takers).first(where: { hasRoom($0) && isNear($0, partition) }) {
                shares[taker].append(partition)
            } else {
                left.append(partition)
            }
        }
        var taker = 0
        for partition in left {
            while !hasRoom(taker) { taker += 1 }
            shares[taker].append(partition)
        }
        return shares.map { $0.sorted() }
    }
}
