internal import LogStorage
internal import Model
internal import Replication

/// Records that are damaged on this disk: nobody is sent them.
struct Hole: Equatable {
    let from: Offset
    /// The first offset behind it.
    let to: Offset
    /// Nobody fills it: no other replica has the records, or something is in the way until the next round.
    var isLeft = false
    /// A reader has met it, and the scrubber has not looked at it yet.
    var isSuspected = false
}

extension Partition {
    /// Damage was found. What was left before stays so until it is filled.
    func holeFound(_ hole: Hole) {
        guard !holes.contains(where: { $0.from == hole.from }) else { return }
        holes.append(hole)
        fetchWatches.noteChange()
    }

    /// A replica that is not in the ISR does not come back into it before it is whole.
    var isBeingFilled: Bool {
        guard !holes.isEmpty, holes.contains(where: { !$0.isLeft && !$0.isSuspected })
        else { return false }
        return !assigned.inSyncReplicas.contains(shard.nodeID)
    }

    func holeFilled(at offset: Offset) { holes.removeAll { $0.from == offset } }

    /// No replica could help.
    func holeIsLeft(at offset: Offset) {
        for index in holes.indices where holes[index].from == offset { holes[index].isLeft = true }
    }

    /// The scrubber has looked at `range`, or it is the log's no more.
    func suspicionEnded(in range: Range<Offset>) {
        holes.removeAll { $0.isSuspected && range.contains($0.from) }
    }

    /// The log was cut: what is written there from now on is whole.
    func forgetHolesAtEnd() { holes.removeAll { $0.to > log.logEndOffset } }

    /// What a reader meets first of a log with holes: it asks again while one is filled, and is told if it cannot be.
    func hole(from offset: Offset) -> Hole? {
        guard !holes.isEmpty, offset >= log.logStartOffset else { return nil }
        return holes.filter { $0.to > offset }.min { $0.from < $1.from }
    }
}
