internal import Metadata
internal import Model

/// Disks that forget a bit: what other replicas have must be got back from them.
extension PartitionRules {
    /// Batches in closed segments of a replica that its node and all others have on disk, and that a recovery of the
    /// node takes at their word: what it checks it takes for torn if it is damaged.
    func repairable(_ key: PartitionKey, on node: BrokerID) -> [SealedBatch] {
        guard let track = tracks[key], let newest = track.newest, !track.isVolatile else {
            return []
        }
        guard newest.replicas.allSatisfy({ !track.excused.contains($0) }),
            let log = disks.log(of: node, track.name, .durable)
        else { return [] }
        let end = min(track.committed.end, disks.recoveryPoint(of: node, track.name))
        return log.sealed().filter { batch in
            batch.offsets.upperBound <= end
                && newest.replicas.allSatisfy { replica in
                    let log = disks.log(of: replica, track.name, .durable)
                    return log.map {
                        track.committed.difference(from: $0, in: batch.offsets) == nil
                    }
                        ?? false
                }
        }
    }

    /// What a node holds of a partition is not what it was.
    func noteDamage(_ key: PartitionKey, on node: BrokerID) { tracks[key]?.damaged.insert(node) }

    /// What is damaged and was not got back, of `keys`; nil if nothing is.
    func damage(of keys: [PartitionKey]) -> String? {
        for track in keys.compactMap({ tracks[$0] }) {
            for node in track.damaged.sorted() {
                // Moved away, and its files with it.
                guard track.newest?.replicas.contains(node) == true else {
                    track.damaged.remove(node)
                    continue
                }
                guard let log = disks.log(of: node, track.name, .durable) else { continue }
                let all = Offset.zero..<track.committed.end
                if let difference = track.committed.difference(from: log, in: all) {
                    return "\(track.name): node \(node.rawValue): \(difference)"
                }
                track.damaged.remove(node)
            }
        }
        return nil
    }
}
