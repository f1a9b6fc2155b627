internal import Bytes
internal import InternalRecords
internal import Metadata
internal import Model
internal import Raft
internal import Records
internal import Wire

/// The content of a snapshot file (KIP-630): batches between a header and a footer, with the voters of its
/// end among the control records.
struct MetadataSnapshot: Sendable {
    /// Offset after the last record it contains, and that record's epoch.
    let id: OffsetAndEpoch
    let records: [MetadataRecord]
    let membership: SnapshotMembership
    /// When the last record it contains was written.
    let timestamp: Timestamp
    /// Length of the file; 0 as long as it is not written.
    var bytes: Int64 = 0

    /// As the quorum's mind knows it.
    var file: LogShape.Snapshot { LogShape.Snapshot(id: id, bytes: bytes) }

    /// Where the log stood.
    var position: MetadataPosition {
        MetadataPosition(
            lastOffset: id.offset - 1, term: Term(id.epoch.rawValue), timestamp: timestamp)
    }
}

extension MetadataSnapshot {
    /// Bytes at the beginning of a file that hold its header in any case.
    static let headerBytesMax = 64 << 10

    /// Reads a snapshot's file, or one laid down by formatting, which may do without a footer.
    init(
        _ bytes: SharedBytes, id: OffsetAndEpoch, needsFooter: Bool = true
    ) throws(MetadataBatchError) {
        var records: [MetadataRecord] = []
        var voters: VoterSet?
        var version: Int16?
        var timestamp = Timestamp.none
        var isWhole = false
        var next = Offset.zero
        for batch in try MetadataBatches.split(bytes) {
            // What no checksum covers.
            let isOfItsEpoch = batch.header.partitionLeaderEpoch == id.epoch || !needsFooter
            guard batch.header.baseOffset == next, isOfItsEpoch else { throw .malformed(next) }
            next = batch.header.nextOffset
            guard batch.isControl else {
                records += try MetadataBatches.decode(batch).records
                timestamp = max(timestamp, batch.header.maxTimestamp)
                continue
            }
            for control in try MetadataBatches.controls(of: batch) {
                switch control.type {
                case .kraftVoters: voters = try MetadataBatches.voterSet(control)
                case .kraftVersion: version = try MetadataBatches.version(control)
                case .snapshotHeader: timestamp = Self.timestamp(of: control) ?? timestamp
                case .snapshotFooter: isWhole = true
                default: break
                }
            }
        }
        guard isWhole || !needsFooter else { throw .incomplete }
        self.init(
            id: id, records: records,
            membership: SnapshotMembership(voters: voters, kraftVersion: version),
            timestamp: timestamp, bytes: Int64(bytes.count))
    }

    /// When the last record was written that is in the snapshot which begins with `bytes`; nil if they do not
    /// say.
    static func timestamp(in bytes: SharedBytes) throws(MetadataBatchError) -> Timestamp? {
        guard let batch = try MetadataBatches.split(bytes).first, batch.isControl else {
            return nil
        }
        for control in try MetadataBatches.controls(of: batch)
        where control.type == .snapshotHeader {
            return timestamp(of: control)
        }
        return nil
    }

    private static func timestamp(of header: ControlRecord) -> Timestamp? {
        header.value.count >= 10 ? Timestamp(header.value.integer(at: 2)) : nil
    }

    /// The versions that its own records allow: the one that says so comes first.
    private var versions: RecordVersions {
        for record in records {
            guard case .featureLevel(let level) = record else { break }
            guard level.name == FeatureName.metadataVersion else { continue }
            return RecordVersions(metadata: MetadataVersion(level.featureLevel))
        }
        return .newest
    }

    /// The file's batches.
    func batches() -> [SharedBytes] {
        let term = Term(id.epoch.rawValue)
        var header = SnapshotHeaderRecord()
        header.lastContainedLogTimestamp = timestamp.rawValue
        var controls: [(ControlRecordType, SharedBytes)] = [
            (.snapshotHeader, MetadataBatches.value(header))
        ]
        if let version = membership.kraftVersion {
            controls.append((.kraftVersion, MetadataBatches.value(version)))
        }
        if let voters = membership.voters {
            controls.append((.kraftVoters, MetadataBatches.value(voters)))
        }
        var batches = [
            MetadataBatches.control(controls, from: .zero, term: term, timestamp: timestamp)
        ]
        let base = Offset(Int64(controls.count))
        let versions = versions
        do throws(EncodeError) {
            batches += try MetadataBatches.encode(
                records.map(versions.told), in: versions, from: base, term: term,
                timestamp: timestamp)
        } catch {
            preconditionFailure("what was replayed can be written: \(error)")
        }
        let footer = MetadataBatches.value(SnapshotFooterRecord())
        batches.append(
            MetadataBatches.control(
                [(.snapshotFooter, footer)], from: base + Int64(records.count), term: term,
                timestamp: timestamp))
        return batches
    }
}
