internal import Bytes
internal import Compression
internal import InternalRecords
internal import Model
internal import Ports
internal import Records
internal import Wire

/// Prints a `.log` or `.checkpoint` file batch by batch, holding one batch in memory at a time.
struct LogDump {
    struct Options {
        let showsRecords: Bool
        let showsData: Bool
        let isMetadata: Bool
        let showsOnlyValues: Bool
        let isSanityCheck: Bool
        let isVerifyOnly: Bool
        let bytesMax: Int64
        let batchMax: Int

        init(_ arguments: Arguments) throws(ToolFailure) {
            isMetadata = arguments.has("cluster-metadata-decoder")
            showsOnlyValues = arguments.has("skip-record-metadata")
            showsData = arguments.has("print-data-log") || isMetadata || showsOnlyValues
            showsRecords = arguments.has("deep-iteration") || showsData
            isSanityCheck = arguments.has("index-sanity-check")
            isVerifyOnly = arguments.has("verify-index-only")
            bytesMax = try arguments.number("max-bytes", in: 1 ... .max) ?? .max
            batchMax = Int(
                try arguments.number("max-message-size", in: 1...1 << 31) ?? 256 << 20)
        }
    }

    private let file: any File
    private let path: String
    private let options: Options
    private let output: ToolOutput
    /// For stderr, once everything is printed.
    private(set) var problems: [String] = []

    init(_ file: any File, path: String, options: Options, output: ToolOutput) {
        self.file = file
        self.path = path
        self.options = options
        self.output = output
    }

    mutating func run() throws(FileError) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        printHead(name)
        let size = min(try file.size(), options.bytesMax)
        var position: Int64 = 0
        var last: Offset?
        var gaps: [String] = []
        while position < size {
            guard let batch = try batch(at: position, size) else { break }
            if let last, batch.baseOffset != last.next, name.hasSuffix(".log") {
                gaps.append("  \(last.rawValue) is followed by \(batch.baseOffset.rawValue)")
            }
            last = batch.lastOffset
            if !options.showsOnlyValues { output.line(Self.line(batch, at: position)) }
            if options.showsRecords { printRecords(of: batch) }
            position += Int64(batch.sizeInBytes)
        }
        if position < size, size == (try file.size()) {
            output.line("Found \(size - position) invalid bytes at the end of \(name)")
        }
        if !gaps.isEmpty { problems += ["Non-consecutive offsets in \(path)"] + gaps }
    }

    private func printHead(_ name: String) {
        if name.hasSuffix(".log") {
            output.line("Log starting offset: \(Int64(name.dropLast(4)) ?? 0)")
        } else if name == "bootstrap.checkpoint" {
            output.line("KRaft bootstrap snapshot")
        } else {
            let parts = name.dropLast(".checkpoint".count).split(separator: "-")
            if parts.count == 2, let offset = Int64(parts[0]), let epoch = Int32(parts[1]) {
                output.line("Snapshot end offset: \(offset), epoch: \(epoch)")
            }
        }
    }

    /// The batch at `position`; nil if no whole one is there.
    private mutating func batch(
        at position: Int64, _ size: Int64
    ) throws(FileError) -> RecordBatchView? {
        let probe = try file.read(at: position, count: RecordBatchHeader.size)
        do {
            let header = try RecordBatchHeader(probe)
            guard position + Int64(header.sizeInBytes) <= size else { return nil }
            guard header.sizeInBytes <= options.batchMax else {
                problems.append(
                    "The batch at position \(position) has \(header.sizeInBytes) bytes, "
                        + "more than --max-message-size")
                return nil
            }
            return try RecordBatchView(try file.read(at: position, count: header.sizeInBytes))
        } catch let error as FileError {
            throw error
        } catch {
            return nil
        }
    }

    // MARK: Lines

    static func line(_ batch: RecordBatchView, at position: Int64) -> String {
        let horizon =
            batch.deleteHorizon.map { "OptionalLong[\($0.rawValue)]" }
            ?? "OptionalLong.empty"
        let time = batch.timestampType == .createTime ? "CreateTime" : "LogAppendTime"
        let lastSequence = batch.lastSequence
        return "baseOffset: \(batch.baseOffset.rawValue) lastOffset: \(batch.lastOffset.rawValue) "
            + "count: \(batch.recordCount) baseSequence: \(batch.baseSequence) "
            + "lastSequence: \(lastSequence) producerId: \(batch.producerID.rawValue) "
            + "producerEpoch: \(batch.producerEpoch) "
            + "partitionLeaderEpoch: \(batch.partitionLeaderEpoch.rawValue) "
            + "isTransactional: \(batch.isTransactional) isControl: \(batch.isControl) "
            + "deleteHorizonMs: \(horizon) position: \(position) "
            + "\(time): \(batch.maxTimestamp.rawValue) size: \(batch.sizeInBytes) "
            + "magic: \(batch.magic) compresscodec: \(batch.compression.name) crc: \(batch.crc) "
            + "isvalid: \(batch.isCRCValid())"
    }

    private mutating func printRecords(of batch: RecordBatchView) {
        do {
            var cursor = try batch.records()
            var sequence = batch.baseSequence
            while let record = try cursor.next() {
                output.line(line(record, of: batch, sequence: sequence))
                if batch.baseSequence >= 0 {
                    sequence = RecordBatchHeader.sequence(sequence, advancedBy: 1)
                }
            }
        } catch {
            problems.append(
                "The records of the batch at offset \(batch.baseOffset.rawValue) cannot be read: "
                    + "\(error)")
        }
    }

    private func line(
        _ record: Record, of batch: RecordBatchView, sequence: Int32
    ) -> String {
        if options.showsOnlyValues, !batch.isControl { return payload(record.value) }
        let time = batch.timestampType == .createTime ? "CreateTime" : "LogAppendTime"
        let headers = record.headers.map { $0.key.utf8 ?? "?" }.joined(separator: ",")
        var text =
            "| offset: \(record.offset.rawValue) \(time): \(record.timestamp.rawValue) "
            + "keySize: \(record.key?.count ?? -1) valueSize: \(record.value?.count ?? -1)"
        text += " sequence: \(sequence) headerKeys: [\(headers)]"
        if batch.isControl { return text + control(record) }
        guard options.showsData else { return text }
        if let key = record.key { text += " key: \(Self.text(key))" }
        return text + " payload: \(payload(record.value))"
    }

    private func payload(_ value: SharedBytes?) -> String {
        guard let value else { return "null" }
        guard options.isMetadata else { return Self.text(value) }
        do {
            let record = try MetadataRecord(framed: value)
            // The frame: its own version, the type, and the version that the record was written at.
            var frame = ByteReader(value)
            _ = try frame.unsignedVarint()
            _ = try frame.unsignedVarint()
            let version = Int16(clamping: try frame.unsignedVarint())
            var json = JSONWriter()
            json.beginObject()
            json.name("type")
            json.string(record.typeName)
            json.name("version")
            json.integer(version)
            json.name("data")
            record.writeJSON(to: &json, version: version)
            json.endObject()
            return json.text
        } catch {
            return "not a metadata record: \(error)"
        }
    }

    private static func text(_ bytes: SharedBytes) -> String {
        String(decoding: bytes.array, as: UTF8.self)
    }

    private func control(_ record: Record) -> String {
        guard let control = ControlRecord(record) else { return " unreadable control record" }
        if let marker = EndTransactionMarker(control) {
            let word = marker.isCommit ? "COMMIT" : "ABORT"
            return " endTxnMarker: \(word) coordinatorEpoch: \(marker.coordinatorEpoch)"
        }
        switch control.type {
        case .leaderChange: return Self.body(" LeaderChange: ", LeaderChangeMessage.self, control)
        case .snapshotHeader:
            return Self.body(" SnapshotHeader ", SnapshotHeaderRecord.self, control)
        case .snapshotFooter:
            return Self.body(" SnapshotFooter ", SnapshotFooterRecord.self, control)
        case .kraftVersion: return Self.body(" KRaftVersion ", KRaftVersionRecord.self, control)
        case .kraftVoters: return Self.body(" KRaftVoters ", VotersRecord.self, control)
        default: return " controlType: \(control.type.rawValue)"
        }
    }

    private static func body<R: RecordMessage>(
        _ label: String, _ type: R.Type, _ control: ControlRecord
    ) -> String {
        do {
            // The body begins with its own version; what this build does not know is read as the newest.
            var ahead = ByteReader(control.value)
            let written = try ahead.int16()
            let version = min(max(written, R.validVersions.lowerBound), R.validVersions.upperBound)
            var reader = ByteReader(control.value)
            let record = try R(from: &reader, version: version)
            var json = JSONWriter()
            record.writeJSON(to: &json, version: version)
            return label + json.text
        } catch {
            return label + "unreadable: \(error)"
        }
    }
}
