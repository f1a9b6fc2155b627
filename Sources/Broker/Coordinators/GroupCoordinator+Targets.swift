internal import Groups
internal import Ports

/// Targets of large consumer groups are made away from the loop.
extension GroupCoordinator {
    func makeTarget(_ group: String) {
        // At the end of the turn: the records of what the target is made for may only come behind this effect.
        shard.loop.atEndOfTurn { [weak self] in self?.beginTarget(group) }
    }

    private func beginTarget(_ group: String) {
        guard let task = takeTarget(of: group) else { return }
        let home = LoopBound(self, on: shard.loop)
        let loop = shard.loop
        let isTaken = log.inBackground {
            let target = task.run()
            loop.post { home.take().targetMade(target) }
        }
        if !isTaken { targetRefused(task) }
    }

    private func targetMade(_ target: GroupTarget) {
        shard.groupMetrics.madeTarget()
        handle { mind, now, time in mind.targetMade(target, now: now, time: time) }
    }
}
