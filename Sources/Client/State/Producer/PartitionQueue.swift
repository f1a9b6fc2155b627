internal import Bytes
internal import Compression
internal import Model
internal import Records

/// The records of one partition that wait for their acknowledgement: the batch being filled, closed ones in
/// order, and those under way.
///
/// Order is kept like this: a batch leaves only behind all earlier ones, on the connection they are on; one
/// that must be sent again goes back to the front and holds up the rest. Brokers check the same by sequence
/// number, so a batch that overtook another is refused, not misplaced.
final class PartitionQueue {
    let partition: TopicPartition
    private let configuration: ProducerConfiguration

    private var open: RecordBatchBuilder?
    private var openTokens: [UInt64] = []
    private var openBytes = 0
    private(set) var openedAt = Instant.zero
    private var openFirstAppend: UInt64 = 0

    /// Closed, in order; those to be sent again first.
    private(set) var closed: [ProducerBatch] = []
    /// Under way, in order of sequence.
    private(set) var underWay: [ProducerBatch] = []
    /// The connection that `underWay` is on.
    var connection: ConnectionID?

    private(set) var identity: ProducerIdentity?
    private(set) var nextSequence: Int32 = 0
    private var wantsNewEpoch = false

    /// Whether the producer looks after it: from its first record until it is idle.
    var isActive = false
    /// A failed batch is not sent again before then, unless the leader has changed since.
    var notBefore = Instant.zero
    /// The leader epoch that the last batch was sent under.
    var triedEpoch = LeaderEpoch.none

    init(_ partition: TopicPartition, _ configuration: ProducerConfiguration) {
        self.partition = partition
        self.configuration = configuration
    }

    var isIdle: Bool { open == nil && closed.isEmpty && underWay.isEmpty }
    var hasOpen: Bool { open != nil }

    private var openSize: Int { open?.sizeInBytes ?? 0 }

    /// The number of the oldest record that is still here.
    var oldestAppend: UInt64? {
        let batches = (underWay + closed).map(\.firstAppend)
        return (open == nil ? batches : batches + [openFirstAppend]).min()
    }

    /// When the first batch that is not under way runs out of time.
    var nextExpiry: Instant {
        if let first = closed.first { return first.createdAt + configuration.deliveryTimeout }
        return open == nil ? .distantFuture : openedAt + configuration.deliveryTimeout
    }

    // MARK: Filling

    /// Adds a record; `size` is the most it can take.
    func append(
        key: SharedBytes?, value: SharedBytes?, headers: [RecordHeader], timestamp: Timestamp,
        size: Int, token: UInt64, number: UInt64, now: Instant
    ) {
        if open != nil, openSize + size > configuration.batchBytes { close() }
        if open == nil { start(size: size, number: number, now: now) }
        open?.append(timestamp: timestamp, key: key, value: value, headers: headers)
        openTokens.append(token)
        openBytes += size
        if openSize >= configuration.batchBytes { close() }
    }

    /// The room a batch begins with; a larger one grows.
    private static let initialRoomMax = 64 << 10

    private func start(size: Int, number: UInt64, now: Instant) {
        var options = RecordBatchBuilder.Options()
        options.compression = configuration.compression
        let room = max(min(configuration.batchBytes, Self.initialRoomMax), size)
        open = RecordBatchBuilder(options, capacity: room + RecordBatchHeader.size)
        openTokens = []
        openBytes = 0
        openedAt = now
        openFirstAppend = number
    }

    /// Closes the batch being filled.
    func close() {
        guard let builder = open.take() else { return }
        let count = builder.recordCount
        let bytes: SharedBytes
        do {
            bytes = try builder.finish()
        } catch {
            preconditionFailure("packing what is in memory does not fail: \(error)")
        }
        closed.append(
            ProducerBatch(
                bytes: bytes, tokens: openTokens, recordCount: count, bufferBytes: openBytes,
                createdAt: openedAt, firstAppend: openFirstAppend))
        openTokens = []
    }

    // MARK: Sending

    /// Closes the batch being filled if it has waited long enough or `isHurried`.
    func closeIfDue(now: Instant, isHurried: Bool) {
        guard open != nil, closed.isEmpty else { return }
        if isHurried || now >= openedAt + configuration.linger { close() }
    }

    /// Whether the first closed batch may leave on `connection` now.
    func maySend(on connection: ConnectionID, leaderEpoch: LeaderEpoch, now: Instant) -> Bool {
        guard let first = closed.first else { return false }
        guard now >= notBefore || leaderEpoch > triedEpoch else { return false }
        guard !underWay.isEmpty else { return true }
        guard !wantsNewEpoch else { return false }
        guard underWay.count < configuration.inFlightMax, self.connection == connection else {
            return false
        }
        guard let sequence = first.sequence, let last = underWay.last?.sequence else { return true }
        return sequence.identity == last.identity
            && Self.isBefore(last.base, sequence.base)
    }

    /// Takes the first closed batch, numbered if `identity` is given.
    func send(
        on connection: ConnectionID, leaderEpoch: LeaderEpoch, identity fresh: ProducerIdentity?
    ) -> ProducerBatch {
        precondition(!closed.isEmpty, "a batch is there to be sent")
        let batch = closed.removeFirst()
        if let fresh, batch.sequence == nil { number(batch, fresh) }
        batch.attempts += 1
        underWay.append(batch)
        self.connection = connection
        triedEpoch = leaderEpoch
        return batch
    }

    private func number(_ batch: ProducerBatch, _ fresh: ProducerIdentity) {
        let current = identity ?? fresh
        identity = current
        batch.number(from: nextSequence, identity: current)
        nextSequence = RecordBatchHeader.sequence(nextSequence, advancedBy: batch.recordCount)
    }

    // MARK: Answers

    /// Whether no earlier batch of the same identity waits for its answer or to be sent again.
    func isFirst(_ batch: ProducerBatch) -> Bool {
        guard let sequence = batch.sequence else { return true }
        return (underWay + closed).allSatisfy { other in
            guard other !== batch, let earlier = other.sequence else { return true }
            guard earlier.identity == sequence.identity else { return true }
            return !Self.isBefore(earlier.base, sequence.base)
        }
    }

    /// The batch is done with, well or not.
    func settle(_ batch: ProducerBatch) {
        if let index = underWay.firstIndex(where: { $0 === batch }) {
            underWay.remove(at: index)
        } else {
            closed.removeAll { $0 === batch }
        }
    }

    /// Puts a batch back to be sent again, before all that are later.
    func putBack(_ batch: ProducerBatch) {
        underWay.removeAll { $0 === batch }
        batch.flight = nil
        guard let sequence = batch.sequence else {
            let index = closed.firstIndex { $0.firstAppend > batch.firstAppend }
            closed.insert(batch, at: index ?? closed.count)
            return
        }
        let index = closed.firstIndex { other in
            guard let later = other.sequence else { return true }
            return later.identity == sequence.identity && Self.isBefore(sequence.base, later.base)
        }
        closed.insert(batch, at: index ?? closed.count)
    }

    /// Asks for a new epoch, because the broker does not know what came before; it begins once nothing is
    /// under way any more.
    func wantNewEpoch() { wantsNewEpoch = true }

    /// Begins the new epoch if it is wanted and nothing is in its way. Batches that wait are numbered anew;
    /// when the epochs of a producer id have run out, with another id.
    func raiseEpochIfWanted() {
        guard wantsNewEpoch, underWay.isEmpty else { return }
        wantsNewEpoch = false
        for batch in closed { batch.unnumber() }
        nextSequence = 0
        identity = identity.flatMap { old in
            old.epoch == .max ? nil : ProducerIdentity(id: old.id, epoch: old.epoch + 1)
        }
    }

    /// Takes back what is under way to a leader that has been replaced. Brokers tell duplicates of numbered
    /// batches, so they may be sent to its successor without waiting for what the old one says.
    func withdraw() {
        for batch in underWay.reversed() {
            batch.flight = nil
            putBack(batch)
        }
        notBefore = .zero
    }

    /// Takes out closed batches whose time is over, in order.
    func takeExpired(now: Instant) -> [ProducerBatch] {
        guard now >= nextExpiry else { return [] }
        close()
        let limit = configuration.deliveryTimeout
        let expired = closed.prefix { now >= $0.createdAt + limit }
        closed.removeFirst(expired.count)
        return Array(expired)
    }

    /// Takes out everything, for a client that is closed.
    func takeAll() -> [ProducerBatch] {
        close()
        defer { (closed, underWay) = ([], []) }
        return underWay + closed
    }

    /// Sequence numbers wrap at 2^31; at most five batches apart, so half the circle tells the order.
    private static func isBefore(_ a: Int32, _ b: Int32) -> Bool {
        let distance = (Int64(b) - Int64(a)) & Int64(Int32.max)
        return distance != 0 && distance < 1 << 30
    }
}
