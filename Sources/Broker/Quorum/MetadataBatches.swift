internal import Bytes
internal import InternalRecords
internal import LogStorage
internal import Metadata
internal import Model
internal import Raft
internal import Records
internal import Wire

/// Why stored metadata could not be read.
enum MetadataBatchError: Error, Equatable {
    case batch(RecordBatchError)
    case record(Offset, DecodeError)
    /// A record without a value, or a voter that no set may hold.
    case malformed(Offset)
    case unreadable(Offset, LogError)
    /// A snapshot without its footer.
    case incomplete
}

/// Metadata records to batches and back.
enum MetadataBatches {
    /// Bytes of one batch; larger lists of records become several.
    static let batchBytesMax = 8 << 20

    /// Packs `records` into batches from `base` on, each in the version that every node can read.
    static func encode(
        _ records: [MetadataRecord], in versions: RecordVersions, from base: Offset, term: Term,
        timestamp: Timestamp
    ) throws(EncodeError) -> [SharedBytes] {
        var batches: [SharedBytes] = []
        var builder = self.builder(at: base, term)
        for record in records {
            let value = try record.framed(version: versions.version(of: record))
            if !builder.isEmpty, builder.sizeInBytes + value.count > batchBytesMax {
                let next = builder.nextOffset
                batches.append(plain(builder))
                builder = self.builder(at: next, term)
            }
            builder.append(timestamp: timestamp, key: nil, value: value)
        }
        if !builder.isEmpty { batches.append(plain(builder)) }
        return batches
    }

    private static func builder(at base: Offset, _ term: Term) -> RecordBatchBuilder {
        var options = RecordBatchBuilder.Options()
        options.baseOffset = base
        options.partitionLeaderEpoch = LeaderEpoch(term.rawValue)
        return RecordBatchBuilder(options, capacity: 4096)
    }

    private static func plain(_ builder: consuming RecordBatchBuilder) -> SharedBytes {
        do {
            return try builder.finish()
        } catch {
            preconditionFailure("nothing was packed: \(error)")
        }
    }

    /// One control batch with `records` from `base` on.
    static func control(
        _ records: [(ControlRecordType, SharedBytes)], from base: Offset, term: Term,
        timestamp: Timestamp
    ) -> SharedBytes {
        var options = RecordBatchBuilder.Options()
        options.baseOffset = base
        options.partitionLeaderEpoch = LeaderEpoch(term.rawValue)
        options.isControl = true
        var builder = RecordBatchBuilder(options)
        for (type, value) in records {
            builder.append(control: type, value: value, timestamp: timestamp)
        }
        return plain(builder)
    }

    /// The metadata of a data batch; empty for a control batch.
    static func decode(_ batch: RecordBatchView) throws(MetadataBatchError) -> CommittedBatch {
        var records: [MetadataRecord] = []
        let header = batch.header
        if !batch.isControl {
            var cursor: RecordCursor
            do throws(RecordBatchError) {
                cursor = try batch.records()
            } catch {
                throw .batch(error)
            }
            while let record = try next(&cursor) {
                guard let value = record.value else { throw .malformed(record.offset) }
                do throws(DecodeError) {
                    records.append(try MetadataRecord(framed: value))
                } catch {
                    throw .record(record.offset, error)
                }
            }
        }
        return CommittedBatch(
            baseOffset: header.baseOffset, records: records,
            position: MetadataPosition(
                lastOffset: header.lastOffset, term: Term(header.partitionLeaderEpoch.rawValue),
                timestamp: header.maxTimestamp))
    }

    private static func next(_ cursor: inout RecordCursor) throws(MetadataBatchError) -> Record? {
        do throws(RecordBatchError) {
            return try cursor.next()
        } catch {
            throw .batch(error)
        }
    }

    /// What the mind must know of batches that were written.
    static func run(of batches: [RecordBatchView]) throws(MetadataBatchError) -> AppendedRun? {
        guard let first = batches.first, let last = batches.last else { return nil }
        var epochs: [OffsetAndEpoch] = []
        var voters: [VoterHistory.Entry<VoterSet>] = []
        var versions: [VoterHistory.Entry<Int16>] = []
        for batch in batches {
            let epoch = batch.header.partitionLeaderEpoch
            if epochs.last?.epoch != epoch {
                epochs.append(OffsetAndEpoch(offset: batch.header.baseOffset, epoch: epoch))
            }
            guard batch.isControl else { continue }
            for control in try controls(of: batch) {
                switch control.type {
                case .kraftVoters:
                    voters.append(.init(offset: control.offset, value: try voterSet(control)))
                case .kraftVersion:
                    versions.append(.init(offset: control.offset, value: try version(control)))
                default: break
                }
            }
        }
        return AppendedRun(
            base: first.header.baseOffset, end: last.header.nextOffset, epochs: epochs,
            voterSets: voters, kraftVersions: versions)
    }

    static func controls(
        of batch: RecordBatchView
    ) throws(MetadataBatchError) -> [ControlRecord] {
        do throws(RecordBatchError) {
            return try batch.controlRecords()
        } catch {
            throw .batch(error)
        }
    }

    /// Splits bytes into batches; a tail that is cut off is left out.
    static func split(_ bytes: SharedBytes) throws(MetadataBatchError) -> [RecordBatchView] {
        var batches: [RecordBatchView] = []
        var sequence = RecordBatchSequence(bytes)
        do throws(RecordBatchError) {
            while let batch = try sequence.next() {
                try batch.checkCRC()
                batches.append(batch)
            }
        } catch {
            throw .batch(error)
        }
        return batches
    }
}

// MARK: - Control records

extension MetadataBatches {
    static func voterSet(_ control: ControlRecord) throws(MetadataBatchError) -> VoterSet {
        let record: VotersRecord = try body(of: control)
        var voters: [VoterSet.Voter] = []
        for voter in record.voters {
            guard !voters.contains(where: { $0.key.id.rawValue == voter.voterID }) else {
                throw .malformed(control.offset)
            }
            let range = voter.kRaftVersionFeature
            guard range.minSupportedVersion <= range.maxSupportedVersion else {
                throw .malformed(control.offset)
            }
            voters.append(
                VoterSet.Voter(
                    ReplicaKey(BrokerID(voter.voterID), DirectoryID(voter.voterDirectoryID)),
                    endpoints: voter.endpoints.map {
                        VoterSet.Endpoint(
                            listener: $0.name,
                            address: QuorumAddress(host: $0.host, port: $0.port))
                    },
                    supportedVersions: range.minSupportedVersion...range.maxSupportedVersion))
        }
        return VoterSet(voters)
    }

    static func version(_ control: ControlRecord) throws(MetadataBatchError) -> Int16 {
        let record: KRaftVersionRecord = try body(of: control)
        return record.kRaftVersion
    }

    private static func body<Body: RecordMessage>(
        of control: ControlRecord
    ) throws(MetadataBatchError) -> Body {
        var reader = ByteReader(control.value)
        do throws(DecodeError) {
            return try Body(from: &reader, version: 0)
        } catch {
            throw .record(control.offset, error)
        }
    }

    static func value(_ body: some RecordMessage, version: Int16 = 0) -> SharedBytes {
        var writer = ByteWriter()
        do throws(EncodeError) {
            try body.encode(to: &writer, version: version)
        } catch {
            preconditionFailure("a control record fits its schema: \(error)")
        }
        return writer.finish()
    }

    static func value(_ voters: VoterSet) -> SharedBytes {
        var record = VotersRecord()
        record.voters = voters.voters.map { voter in
            var shown = VotersRecord.Voter()
            shown.voterID = voter.key.id.rawValue
            shown.voterDirectoryID = voter.key.directoryID.uuid
            shown.endpoints = voter.endpoints.map {
                var endpoint = VotersRecord.Endpoint()
                endpoint.name = $0.listener
                endpoint.host = $0.address.host
                endpoint.port = $0.address.port
                return endpoint
            }
            shown.kRaftVersionFeature.minSupportedVersion = voter.supportedVersions.lowerBound
            shown.kRaftVersionFeature.maxSupportedVersion = voter.supportedVersions.upperBound
            return shown
        }
        return value(record)
    }

    static func value(_ version: Int16) -> SharedBytes {
        var record = KRaftVersionRecord()
        record.kRaftVersion = version
        return value(record)
    }

    /// Directory ids are told from kraft.version 1 on.
    static func value(_ change: Raft.LeaderChange, kraftVersion: Int16) -> SharedBytes {
        let version: Int16 = kraftVersion > 0 ? 1 : 0
        var message = LeaderChangeMessage()
        message.version = version
        message.leaderID = change.leader.rawValue
        message.voters = change.voters.map { .init($0, version: version) }
        message.grantingVoters = change.grantedBy.map { .init($0, version: version) }
        return value(message, version: version)
    }
}

extension LeaderChangeMessage.Voter {
    fileprivate init(_ key: ReplicaKey, version: Int16) {
        self.init()
        voterID = key.id.rawValue
        if version > 0 { voterDirectoryID = key.directoryID.uuid }
    }
}
