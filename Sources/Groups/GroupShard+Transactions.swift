package import Coordination
internal import InternalRecords
package import Model

/// Who commits offsets in a transaction.
package struct OffsetProducer: Equatable, Sendable {
    package let id: ProducerID
    package let epoch: Int16

    package init(id: ProducerID, epoch: Int16) {
        self.id = id
        self.epoch = epoch
    }
}

/// Offsets that are committed with a transaction (KIP-98, 447): they are written as a part of it, and count when the
/// marker of its end says so.
extension GroupShard {
    /// TxnOffsetCommit.
    package mutating func commit(
        _ request: OffsetCommit, by producer: OffsetProducer, _ ticket: Ticket, now: Instant,
        time: Timestamp
    ) -> [GroupEffect] {
        handle(now, time) { shard, turn in
            guard producer.id >= ProducerID(0), producer.epoch >= 0 else {
                turn.reply(ticket, .error(.invalidProducerIdMapping))
                return
            }
            if let fault = shard.fault(ofTransactional: request) {
                turn.reply(ticket, .error(fault))
                return
            }
            let (codes, records) = Self.checked(request, turn)
            if records.isEmpty {
                turn.reply(ticket, .offsets(codes))
            } else {
                turn.write(records, by: producer, then: .reply(ticket, .offsets(codes)))
            }
        }
    }

    /// Whether a commit comes from who may make it; nil if it does. A producer may leave out which member it commits
    /// for; what it tells is checked (KIP-447).
    private func fault(ofTransactional request: OffsetCommit) -> ErrorCode? {
        let claim = request.claim
        if request.groupID.isEmpty { return .invalidGroupId }
        if claim.isNobody { return nil }
        if let group = classic[request.groupID] {
            if claim.generation < 0, group.phase == .empty { return nil }
            return group.faultOfCurrent(claim)
        }
        guard consumers.has(request.groupID) else {
            return claim.generation < 0 ? nil : .illegalGeneration
        }
        let fault = consumers.fault(ofCommit: claim, in: request.groupID, knowsEpochs: true)
        return fault == .staleMemberEpoch ? .illegalGeneration : fault
    }

    /// The marker of a transaction's end is in the log. Returns the groups that it had offsets of, in the order of
    /// their names.
    @discardableResult
    package mutating func transactionEnded(_ producer: ProducerID, isCommit: Bool) -> [String] {
        offsets.ended(producer, isCommit: isCommit)
    }

    /// Whether a transaction that goes on may change where a group stands in a partition.
    package func isUnstable(_ group: String, _ topic: String, _ partition: Int32) -> Bool {
        offsets.isPending(group, topic, partition)
    }
}
