import Model
import Simulation
import TestSupport
import Testing

@Suite("A history of clients is refused")
struct HistoryRuleTests {
    private final class Found { var rules: [Rule] = [] }
    private let found = Found()
    private let history: History
    private let place = TopicPartition("orders", 0)

    init() {
        let found = found
        history = History { rule, _ in found.rules.append(rule) }
        history.noteProducer(0, .exact)
        for index in 0...2 {
            history.noteSent(.init(producer: 0, partition: 0, index: index))
        }
    }

    private func acknowledge(_ index: Int, at offset: Int64) {
        history.noteAcknowledged(
            .init(producer: 0, partition: 0, index: index), at: Offset(offset), of: place,
            now: .zero)
    }

    private func judge(_ texts: [(Int64, String)]) {
        history.judge([place: texts.map { (Offset($0.0), $0.1) }])
    }

    @Test func `not if all is there, once and in order`() {
        acknowledge(0, at: 0)
        history.noteRead("0/0/0", at: 0, of: place)
        judge([(0, "0/0/0"), (1, "0/0/1")])
        #expect(found.rules.isEmpty)
    }

    @Test func `for a record that was acknowledged and is gone`() {
        acknowledge(0, at: 0)
        judge([(1, "0/0/1")])
        #expect(found.rules == [.acknowledgedIsKept])
    }

    @Test func `for a record that is elsewhere than acknowledged`() {
        acknowledge(0, at: 1)
        judge([(0, "0/0/0")])
        #expect(found.rules == [.acknowledgedIsKept])
    }

    @Test func `for two records acknowledged at one offset`() {
        acknowledge(0, at: 0)
        acknowledge(1, at: 0)
        #expect(found.rules == [.offsetsAreUnique])
    }

    @Test func `for a record that nobody sent`() {
        judge([(0, "0/0/9")])
        #expect(found.rules == [.onlyWhatWasSent])
    }

    @Test func `for a record that is there twice or out of order`() {
        judge([(0, "0/0/1"), (1, "0/0/1"), (2, "0/0/0")])
        #expect(found.rules == [.onceAndInOrder, .onceAndInOrder])
    }

    @Test func `not for repetitions of a producer without sequence numbers`() {
        history.noteProducer(0, .repeating)
        judge([(0, "0/0/1"), (1, "0/0/1"), (2, "0/0/0")])
        #expect(found.rules.isEmpty)
    }

    @Test func `for offsets that do not rise`() {
        judge([(1, "0/0/0"), (1, "0/0/1")])
        #expect(found.rules == [.offsetsRise])
        history.noteRead("0/0/0", at: 3, of: place)
        history.noteRead("0/0/1", at: 2, of: place)
        #expect(found.rules == [.offsetsRise, .offsetsRise])
    }

    @Test func `for a record that was read and is another, or gone, later`() {
        history.noteRead("0/0/0", at: 0, of: place)
        judge([(0, "0/0/1")])
        #expect(found.rules == [.readsAreConsistent])
        judge([])
        #expect(found.rules == [.readsAreConsistent, .readsAreConsistent])
    }

    private func judgeCompacted(_ texts: [(Int64, String)]) {
        let history = History(keyCount: 2) { rule, _ in found.rules.append(rule) }
        history.noteProducer(0, .exact)
        for index in 0...2 {
            let value = History.Value(producer: 0, partition: 0, index: index)
            history.noteSent(value)
            history.noteAcknowledged(value, at: Offset(Int64(index)), of: place, now: .zero)
            history.noteRead(value.description, at: Offset(Int64(index)), of: place)
        }
        history.judge([place: texts.map { (Offset($0.0), $0.1) }])
    }

    @Test func `not for a record that compaction took away for a newer one of its key`() {
        judgeCompacted([(1, "0/0/1"), (2, "0/0/2")])
        #expect(found.rules.isEmpty)
    }

    @Test func `for the newest record of a key, gone from a compacted topic`() {
        judgeCompacted([(0, "0/0/0"), (2, "0/0/2")])
        #expect(found.rules == [.acknowledgedIsKept, .readsAreConsistent])
    }

    @Test func `for no loss where no sync is asked for`() {
        let history = History(isVolatile: true) { rule, _ in found.rules.append(rule) }
        history.noteProducer(0, .exact)
        history.noteSent(.init(producer: 0, partition: 0, index: 0))
        history.noteAcknowledged(
            .init(producer: 0, partition: 0, index: 0), at: 0, of: place, now: .zero)
        history.judge([:])
        #expect(found.rules.isEmpty)
    }
}
