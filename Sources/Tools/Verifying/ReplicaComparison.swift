internal import Bytes
internal import Client
internal import Model
internal import Records

/// Compares what the replicas of one partition hold, piece by piece: a value that is fed and asked for more.
///
/// Replicas of a log are copies to the byte, so its batches are compared. A compacted log is cleaned by each
/// replica in its own time: there single records are compared, and one may lack what another still has.
struct ReplicaComparison {
    /// A batch or a record, and what must be the same of it everywhere.
    struct Piece: Hashable, Sendable {
        let offsets: ClosedRange<Offset>
        /// Of a batch; `.none` of a record.
        var epoch = LeaderEpoch.none
        /// Of a record; `.none` of a batch, whose checksum covers them.
        var timestamp = Timestamp.none
        let checksums: [UInt32]
    }

    /// The first place at which two replicas are not the same.
    struct Difference: Hashable, Sendable {
        let offset: Offset
        let sentence: String
    }

    private struct Reading {
        let replica: BrokerID
        var pieces: ArraySlice<Piece> = []
        /// Where to read on.
        var next: Offset
    }

    let isCompacted: Bool
    private let end: Offset
    private var readings: [Reading]

    /// - Parameter range: offsets that all replicas should have.
    init(of replicas: [BrokerID], range: Range<Offset>, isCompacted: Bool) {
        end = range.upperBound
        self.isCompacted = isCompacted
        readings = replicas.map { Reading(replica: $0, next: range.lowerBound) }
    }

    /// Whose pieces are needed to go on, and from where; none when all is compared.
    var wanted: [(replica: BrokerID, from: Offset)] {
        readings.filter { $0.pieces.isEmpty && $0.next < end }.map { ($0.replica, $0.next) }
    }

    /// How far it is.
    var position: Offset {
        readings.map { $0.pieces.first?.offsets.lowerBound ?? min($0.next, end) }.min() ?? end
    }

    /// Takes in what a replica has up to `next`, and compares what can be.
    mutating func add(
        _ pieces: [Piece], of replica: BrokerID, upTo next: Offset
    ) -> Difference? {
        for index in readings.indices where readings[index].replica == replica {
            precondition(next > readings[index].next, "every step goes on")
            readings[index].pieces = pieces[...].filter { $0.offsets.lowerBound < end }[...]
            readings[index].next = next
        }
        return compare()
    }

    private mutating func compare() -> Difference? {
        while wanted.isEmpty {
            guard let first = readings.compactMap({ $0.pieces.first?.offsets.lowerBound }).min()
            else { return nil }
            if let difference = compare(at: first) { return difference }
        }
        return nil
    }

    private mutating func compare(at offset: Offset) -> Difference? {
        var model: (replica: BrokerID, piece: Piece)?
        var lacking: BrokerID?
        for index in readings.indices {
            let replica = readings[index].replica
            guard let piece = readings[index].pieces.first, piece.offsets.lowerBound == offset
            else {
                lacking = lacking ?? replica
                continue
            }
            readings[index].pieces.removeFirst()
            guard let model else {
                model = (replica, piece)
                continue
            }
            guard piece == model.piece else {
                return Difference(
                    offset: offset,
                    sentence: "replica \(replica.rawValue) has \(Self.words(piece)), replica "
                        + "\(model.replica.rawValue) has \(Self.words(model.piece))")
            }
        }
        guard let lacking, let model, !isCompacted else { return nil }
        return Difference(
            offset: offset,
            sentence: "replica \(lacking.rawValue) lacks what replica \(model.replica.rawValue) "
                + "has: \(Self.words(model.piece))")
    }

    private static func words(_ piece: Piece) -> String {
        let sums = piece.checksums.map { String($0, radix: 16) }.joined(separator: "-")
        let (first, last) = (piece.offsets.lowerBound.rawValue, piece.offsets.upperBound.rawValue)
        guard piece.epoch == .none else {
            return "a batch of offsets \(first) to \(last), leader epoch \(piece.epoch.rawValue), "
                + "checksum \(sums)"
        }
        return "a record of time \(piece.timestamp.rawValue), checksums \(sums)"
    }
}

extension ReplicaComparison.Piece {
    /// A batch as it was written. The checksum leaves out what the leader stamps: offsets and epoch.
    init(_ batch: RecordBatchView) {
        self.init(
            offsets: batch.baseOffset...batch.lastOffset, epoch: batch.partitionLeaderEpoch,
            checksums: [batch.crc])
    }

    init(_ offset: Offset, _ timestamp: Timestamp, _ parts: [SharedBytes?]) {
        self.init(
            offsets: offset...offset, timestamp: timestamp,
            checksums: parts.map { part in part.map { $0.crc32c(0..<$0.count) } ?? .max })
    }
}
