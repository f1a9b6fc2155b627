import Controller
import InternalRecords
import Metadata
import Model
import TestSupport

@testable import Broker

/// A metadata log in memory, whose commits and leadership the test decides.
final class MemoryRecordLog: RecordLog {
    private(set) var logEndOffset = Offset(0)
    private var batches: [(records: [MetadataRecord], position: MetadataPosition)] = []
    private var told = 0
    var leadingTerm: Term?
    func raiseKRaftVersion(to level: Int16) -> Result<Offset, ControllerError> {
        .failure(ControllerError(.invalidUpdateVersion, "this log has no voters"))
    }

    var quorumMembership = QuorumMembership(kraftVersion: 1, voters: [BrokerID(1)])

    func append(
        _ records: [MetadataRecord], versions: RecordVersions, in term: Term
    ) -> Offset? {
        guard term == leadingTerm else { return nil }
        logEndOffset = logEndOffset + Int64(records.count)
        let last = logEndOffset - Int64(1)
        batches.append((records, MetadataPosition(lastOffset: last, term: term, timestamp: .none)))
        return last
    }

    /// Tells `driver` everything that was appended and not yet told, at most `count` batches.
    func commit(to driver: ControllerDriver, _ count: Int = .max) {
        for batch in batches[told...].prefix(count) {
            told += 1
            driver.committed(batch.records, endingAt: batch.position)
        }
    }

    /// Drops what is not committed, as another leader's log would have it.
    func truncate() {
        batches.removeSubrange(told...)
        logEndOffset = batches.last.map { $0.position.lastOffset.next } ?? .zero
    }
}
