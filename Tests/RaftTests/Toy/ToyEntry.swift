import Bytes
import Model
import Raft

/// One record of the toy log.
struct ToyEntry: Hashable, CustomStringConvertible {
    enum Kind: UInt8 {
        case data, leaderChange, kraftVersion, voters
    }

    let term: Int32
    let kind: Kind
    let value: Int64

    var description: String {
        switch kind {
        case .data: "\(value)@\(term)"
        case .voters: "voters\(Self.voters(value).voters.map(\.key.id.rawValue))@\(term)"
        case .leaderChange, .kraftVersion: "\(kind)@\(term)"
        }
    }

    // MARK: Voters

    /// A set as a number: a bit for each of the first directories of nodes 1 to 15, one for each of those that they
    /// got after their disk was wiped, and one for whoever listens elsewhere.
    static func value(_ set: VoterSet) -> Int64 {
        set.voters.reduce(0) { bits, voter in
            let number = Int(voter.key.id.rawValue)
            let isFirst = voter.key.directoryID == ToyCluster.directory(number)
            let isMoved = voter.endpoints != ToyCluster.voter(number).endpoints
            return bits | 1 << Int64(number + (isFirst ? 0 : 16))
                | (isMoved ? 1 << Int64(number + 32) : 0)
        }
    }

    static func voters(_ value: Int64) -> VoterSet {
        VoterSet(
            (1...15).compactMap { number in
                let isMoved = value & 1 << Int64(number + 32) != 0
                if value & 1 << Int64(number) != 0 {
                    return ToyCluster.voter(number, isMoved: isMoved)
                }
                if value & 1 << Int64(number + 16) != 0 {
                    return ToyCluster.voter(
                        number, ToyCluster.secondDirectory(number), isMoved: isMoved)
                }
                return nil
            })
    }

    static func encode(_ entries: some Sequence<ToyEntry>) -> SharedBytes {
        var bytes: [UInt8] = []
        for entry in entries {
            bytes.append(entry.kind.rawValue)
            for shift in stride(from: 24, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: entry.term >> Int32(shift)))
            }
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: entry.value >> Int64(shift)))
            }
        }
        return SharedBytes(bytes)
    }

    static func decode(_ bytes: SharedBytes) -> [ToyEntry] {
        var reader = ByteReader(bytes)
        var entries: [ToyEntry] = []
        while reader.remaining > 0 {
            guard let kind = try? Kind(rawValue: UInt8(bitPattern: reader.int8())),
                let term = try? reader.int32(), let value = try? reader.int64()
            else { fatalError("the toy network does not damage bytes") }
            entries.append(ToyEntry(term: term, kind: kind, value: value))
        }
        return entries
    }
}

/// What a node finds again after a crash.
struct ToyDisk {
    var election = ElectionState.initial
    /// From offset 0, also what is below the log start: a snapshot's content is put in its place.
    var entries: [ToyEntry] = []
    /// Entries below are safe.
    var durable = 0
    var start = 0
    var snapshots: [OffsetAndEpoch: SharedBytes] = [:]
    var oldestSnapshot: OffsetAndEpoch?
}
