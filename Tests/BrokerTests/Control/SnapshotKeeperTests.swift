import InternalRecords
import Metadata
import Model
import TestSupport
import Testing

@testable import Broker

@Suite("Snapshots of the metadata")
struct SnapshotKeeperTests {
    /// A store in memory that ends writes when the test says so.
    private final class MemoryStore: SnapshotStore {
        var newestSnapshotEnd = Offset.zero
        var bytes: Int64 = 0
        var writing: [(image: MetadataImage, done: (Bool) -> Void)] = []

        func committedBytes(from offset: Offset) -> Int64 { bytes }

        func writeSnapshot(of image: MetadataImage, completion: @escaping (Bool) -> Void) {
            writing.append((image, completion))
        }

        func finish(_ isWritten: Bool) {
            let (image, done) = writing.removeLast()
            if isWritten { newestSnapshotEnd = image.position.lastOffset.next }
            done(isWritten)
        }
    }

    private let loop = ManualLoop()
    private let store = MemoryStore()

    private func image(at offset: Int64) -> MetadataImage {
        var image = MetadataImage()
        image.advance(
            to: MetadataPosition(lastOffset: Offset(offset), term: Term(1), timestamp: .none))
        return image
    }

    @Test func `are made after enough bytes, one at a time`() {
        let keeper = SnapshotKeeper(
            loop: loop, store: store, bytesMax: 1_000, interval: nil, image: { image(at: 9) })
        keeper.start()
        store.bytes = 999
        loop.pass(.seconds(5))
        #expect(store.writing.isEmpty)
        store.bytes = 1_000
        loop.pass(.seconds(5))
        #expect(store.writing.count == 1)
        store.finish(true)
        // Nothing new was committed since.
        loop.pass(.seconds(5))
        #expect(store.writing.isEmpty && store.newestSnapshotEnd == Offset(10))
    }

    @Test func `are made after enough time, if there is anything new`() {
        let keeper = SnapshotKeeper(
            loop: loop, store: store, bytesMax: 1_000, interval: .seconds(3_600),
            image: { image(at: 9) })
        keeper.start()
        loop.pass(.seconds(3_599))
        #expect(store.writing.isEmpty)
        loop.pass(.seconds(1))
        #expect(store.writing.count == 1)
        store.finish(true)
        loop.pass(.seconds(7_200))
        #expect(store.writing.isEmpty)
    }

    @Test func `are not made inside a transaction, and tried again later when the disk refused`() {
        var shown: MetadataImage?
        let keeper = SnapshotKeeper(
            loop: loop, store: store, bytesMax: 1_000, interval: nil, image: { shown })
        keeper.start()
        store.bytes = 5_000
        loop.pass(.seconds(5))
        #expect(store.writing.isEmpty)
        shown = image(at: 9)
        loop.pass(.seconds(1))
        store.finish(false)
        loop.pass(.seconds(59))
        #expect(store.writing.isEmpty)
        loop.pass(.seconds(2))
        #expect(store.writing.count == 1)
        keeper.stop()
    }

    @Test func `go when they are too many or too old, but never the newest`() {
        let snapshots = (1...4 as ClosedRange<Int64>).map {
            SnapshotRetention.Snapshot(
                id: OffsetAndEpoch(offset: Offset($0 * 100), epoch: .zero), bytes: 10,
                timestamp: Timestamp($0 * 1_000))
        }
        let log: (Int) -> Int64 = { 100 - Int64($0) * 20 }
        func removable(_ bytesMax: Int64?, _ age: Duration?) -> Int {
            SnapshotRetention(bytesMax: bytesMax, age: age)
                .removable(of: snapshots, now: Timestamp(5_000), logBytes: log)
        }
        #expect(removable(nil, nil) == 0)
        #expect(removable(140, nil) == 0)
        #expect(removable(139, nil) == 1)
        #expect(removable(109, nil) == 2)
        #expect(removable(0, nil) == 3)
        #expect(removable(nil, .seconds(3)) == 1)
        #expect(removable(nil, .zero) == 3)
        #expect(
            SnapshotRetention(bytesMax: 0, age: .zero)
                .removable(of: [snapshots[0]], now: Timestamp(5_000), logBytes: log) == 0)
    }
}
