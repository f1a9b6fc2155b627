internal import LogStorage
internal import Model
internal import Ports
internal import Replication
internal import Telemetry

extension Partition {
    /// The leader's history parts from ours: cut the log where both may still agree (KIP-595).
    func truncate(divergingEpoch: LeaderEpoch, leaderEnd: Offset) throws(LogError) {
        guard let follower, !isFrozen else { return }
        let own = log.endOffset(of: divergingEpoch)
        let point = follower.truncationPoint(
            divergingEpoch: divergingEpoch, leaderEnd: leaderEnd, ownEpoch: own.epoch,
            ownEnd: own.offset)
        let target = max(point, log.logStartOffset)
        if target < follower.highWatermark {
            // Only an unclean election makes a committed record differ. It must not pass in silence.
            shard.node.log.error(
                "truncatedBelowHighWatermark",
                [
                    "partition": name, "to": target.rawValue,
                    "highWatermark": follower.highWatermark.rawValue,
                ])
        }
        shard.node.log.info(
            "truncated",
            [
                "partition": name, "from": log.logEndOffset.rawValue, "to": target.rawValue,
                "leaderEpoch": follower.leaderEpoch.rawValue,
            ])
        _ = try log.truncate(to: target, now: shard.loop.wallTime)
        forgetHolesAtEnd()
        self.follower?.truncated(to: log.logEndOffset)
        future?.sourceChanged()
        // Before the lower recovery point is on the disk nothing may be appended.
        if log.isRecoveryPointLowered { shard.cluster?.run { $0.checkpointsWanted?() } }
        syncIfNeeded()
        shard.fetchAgain(self)
    }

    /// The leader no longer has what follows our end.
    func restart(at offset: Offset) throws(LogError) {
        guard !isFrozen else { return }
        shard.node.log.warn(
            "restartedAtLeaderStart",
            ["partition": name, "from": log.logEndOffset.rawValue, "to": offset.rawValue])
        let isEmpty = log.logStartOffset == log.logEndOffset
        if isEmpty || offset > log.logEndOffset || offset < log.logStartOffset {
            try log.truncateFully(andStartAt: offset, now: shard.loop.wallTime)
            holes = []
            if log.isRecoveryPointLowered { shard.cluster?.run { $0.checkpointsWanted?() } }
            follower?.restarted(at: offset)
            future?.sourceChanged()
        } else {
            try log.advanceLogStart(to: offset)
            // What the leader has given up was committed.
            if follower?.logStartAdvanced(to: offset) == true { highWatermarkMoved() }
        }
        syncIfNeeded()
    }

    /// What a fetch answer tells of the leader's state.
    func leaderToldHighWatermark(_ told: Offset, logStart: Offset) {
        if follower?.leaderHighWatermark(told) == true { highWatermarkMoved() }
        guard logStart > log.logStartOffset, logStart <= highWatermark else { return }
        do throws(LogError) {
            try log.advanceLogStart(to: logStart)
            shard.removeSegmentsBelowStart(of: self)
        } catch {
            storageFailed(error)
        }
    }
}
