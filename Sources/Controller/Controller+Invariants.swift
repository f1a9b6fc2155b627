internal import InternalRecords
internal import Metadata
internal import Model

/// What must hold after everything an active controller writes (raft.md R1, R10). Being wrong here loses
/// records, so these checks stay on in release builds.
extension Controller {
    func assertInvariants(after change: MetadataChange) {
        guard case .partition(let key) = change else { return }
        guard let violation = image.partition(key)?.violation else { return }
        preconditionFailure("partition \(key) breaks an invariant: \(violation)")
    }

    /// A fenced broker is in no ISR, except as the last member of one without a leader.
    func assertFencedOutsideISR(after records: [MetadataRecord]) {
        for record in records {
            guard case .partitionChange(let change) = record, change.isr != nil else { continue }
            let key = PartitionKey(TopicID(change.topicID), change.partitionID)
            guard let partition = image.partition(key), partition.isr.count > 1 else { continue }
            let isUp = partition.isr.allSatisfy { image.broker($0)?.isFenced == false }
            precondition(isUp, "partition \(key) counts on a fenced broker")
        }
    }
}
