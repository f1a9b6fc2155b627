internal import Metadata
internal import Model
internal import Ports

/// Where snapshots of the metadata go. Used on the metadata loop only.
protocol SnapshotStore: AnyObject {
    /// Where the newest snapshot ends; zero if there is none.
    var newestSnapshotEnd: Offset { get }

    /// Bytes of the metadata log from `offset` to what is committed.
    func committedBytes(from offset: Offset) -> Int64

    /// Writes the image as a snapshot that ends after its position, away from the loop.
    ///
    /// - Parameter completion: runs on the loop; false if the disk refused.
    func writeSnapshot(of image: MetadataImage, completion: @escaping (Bool) -> Void)
}

/// Makes snapshots in time: after so many bytes of records, or so much time, since the last one (raft.md §7).
/// Every node does so for itself, controller or not. Lives on the metadata loop.
///
/// An image is a persistent value, so taking one costs nothing; the disk's thread turns it into records.
final class SnapshotKeeper {
    /// How often it looks. A snapshot may be that late.
    static let checkInterval = Duration.seconds(1)
    /// Pause after the disk refused one.
    static let retryPause = Duration.seconds(60)

    private let loop: any Loop
    private let bytesMax: Int64
    private let interval: Duration?
    private weak var store: (any SnapshotStore)?
    private let image: () -> MetadataImage?
    private var lastTaken: Instant
    private var earliest: Instant
    private var isWriting = false
    private var isStopped = false

    /// - Parameters:
    ///   - bytesMax: `metadata.log.max.record.bytes.between.snapshots`
    ///   - interval: `metadata.log.max.snapshot.interval.ms`, nil for never by time
    ///   - image: what is committed; nil at a point where no snapshot may be taken
    init(
        loop: any Loop, store: any SnapshotStore, bytesMax: Int64, interval: Duration?,
        image: @escaping () -> MetadataImage?
    ) {
        self.loop = loop
        self.store = store
        self.bytesMax = bytesMax
        self.interval = interval
        self.image = image
        lastTaken = loop.now
        earliest = loop.now
    }

    func start() { arm() }
    func stop() { isStopped = true }

    private func arm() {
        loop.arm(at: loop.now + Self.checkInterval) { [weak self] in
            guard let self, !isStopped else { return }
            check()
            arm()
        }
    }

    private func check() {
        guard !isWriting, loop.now >= earliest else { return }
        guard let store, let image = image() else { return }
        let newest = store.newestSnapshotEnd
        guard image.position.lastOffset.next > newest else { return }
        let isLate = interval.map { loop.now - lastTaken >= $0 } ?? false
        guard isLate || store.committedBytes(from: newest) >= bytesMax else { return }
        isWriting = true
        store.writeSnapshot(of: image) { [weak self] isWritten in self?.written(isWritten) }
    }

    private func written(_ isWritten: Bool) {
        isWriting = false
        if isWritten {
            lastTaken = loop.now
        } else {
            earliest = loop.now + Self.retryPause
        }
    }
}
