internal import Bytes
internal import Model
internal import Ports
internal import Records

/// Prints an `.index` or `.timeindex` file and holds it against its log.
struct IndexDump {
    private let file: any File
    private let path: String
    private let options: LogDump.Options
    private let host: ToolHost
    private(set) var problems: [String] = []

    private var isTimeIndex: Bool { path.hasSuffix(".timeindex") }
    private var entrySize: Int { isTimeIndex ? 12 : 8 }

    /// An index has at most `segment.index.bytes`; a larger file is not one.
    private static let bytesMax: Int64 = 1 << 30

    init(_ file: any File, path: String, options: LogDump.Options, host: ToolHost) {
        self.file = file
        self.path = path
        self.options = options
        self.host = host
    }

    mutating func run() throws(FileError) {
        let size = try file.size()
        guard size <= Self.bytesMax, size % Int64(entrySize) == 0 else {
            problems.append("\(path): \(size) bytes are not a whole number of entries")
            return
        }
        if options.isSanityCheck {
            host.output.line(
                size == 0 ? "\(path) is empty." : "\(path) passed sanity check.")
            return
        }
        let bytes = try file.read(at: 0, count: Int(size))
        let name = path.split(separator: "/").last ?? ""
        let base = Int64(name.split(separator: ".").first ?? "") ?? 0
        let log = openLog()
        defer { log?.close() }
        var mismatches: [String] = []
        var at = 0
        while at < bytes.count {
            // A file made ahead of use ends in zeros.
            if at > 0, isZero(bytes, at) { break }
            if isTimeIndex {
                let time: Int64 = bytes.integer(at: at)
                let offset = base + Int64(bytes.integer(at: at + 8, as: Int32.self))
                if !options.isVerifyOnly {
                    host.output.line("timestamp: \(time) offset: \(offset)")
                }
            } else {
                let offset = base + Int64(bytes.integer(at: at, as: Int32.self))
                let position: Int32 = bytes.integer(at: at + 4)
                if !options.isVerifyOnly {
                    host.output.line("offset: \(offset) position: \(position)")
                }
                if let log, let found = try mismatch(offset, position, in: log) {
                    mismatches.append(found)
                }
            }
            at += entrySize
        }
        if !mismatches.isEmpty { problems += ["Mismatches in :\(path)"] + mismatches }
    }

    private func isZero(_ bytes: SharedBytes, _ at: Int) -> Bool {
        (at..<at + entrySize).allSatisfy { bytes[$0] == 0 }
    }

    private func openLog() -> (any File)? {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        do { return try host.fileSystem.open(path[..<dot] + ".log", .read) } catch { return nil }
    }

    /// An entry names the last offset of the batch that begins at its position, or one inside it.
    private func mismatch(
        _ offset: Int64, _ position: Int32, in log: any File
    ) throws(FileError) -> String? {
        let probe = try log.read(at: Int64(position), count: RecordBatchHeader.size)
        do {
            let header = try RecordBatchHeader(probe)
            let range = header.baseOffset.rawValue...header.lastOffset.rawValue
            if range.contains(offset) { return nil }
            return "  Index offset: \(offset), log offset: \(header.lastOffset.rawValue)"
        } catch {
            return "  Index offset: \(offset), log offset: none, no batch at \(position)"
        }
    }
}

/// Prints `.txnindex` and producer `.snapshot` files.
enum TableDump {
    private static let bytesMax: Int64 = 1 << 30

    private static func read(_ file: any File) throws(FileError) -> SharedBytes {
        let size = try file.size()
        guard size <= bytesMax else {
            throw FileError(
                .failed, operation: "read", path: file.path, reason: "\(size) bytes are too many")
        }
        return try file.read(at: 0, count: Int(size))
    }

    static func transactions(_ file: any File, output: ToolOutput) throws(FileError) {
        let bytes = try read(file)
        let entrySize = 34
        for index in 0..<bytes.count / entrySize {
            let at = index * entrySize
            output.line(
                "version: \(bytes.integer(at: at, as: Int16.self)) "
                    + "producerId: \(bytes.integer(at: at + 2, as: Int64.self)) "
                    + "firstOffset: \(bytes.integer(at: at + 10, as: Int64.self)) "
                    + "lastOffset: \(bytes.integer(at: at + 18, as: Int64.self)) "
                    + "lastStableOffset: \(bytes.integer(at: at + 26, as: Int64.self))")
        }
    }

    static func producers(_ file: any File, output: ToolOutput) throws(FileError) {
        let bytes = try read(file)
        let headSize = 10
        let entrySize = 46
        guard bytes.count >= headSize else {
            throw FileError(
                .failed, operation: "read", path: file.path,
                reason: "\(bytes.count) bytes are too few for a producer snapshot")
        }
        let stored: UInt32 = bytes.integer(at: 2)
        guard stored == bytes.crc32c(6..<bytes.count) else {
            throw FileError(
                .failed, operation: "read", path: file.path,
                reason: "the checksum of the producer snapshot is wrong")
        }
        for index in 0..<(bytes.count - headSize) / entrySize {
            output.line(
                producer(bytes[headSize + index * entrySize..<headSize + (index + 1) * entrySize]))
        }
    }

    private static func producer(_ entry: SharedBytes) -> String {
        let lastSequence: Int32 = entry.integer(at: 10)
        let lastOffset: Int64 = entry.integer(at: 14)
        let delta: Int32 = entry.integer(at: 22)
        let timestamp: Int64 = entry.integer(at: 26)
        let transaction: Int64 = entry.integer(at: 38)
        let first = Int64(lastSequence) - Int64(delta)
        let firstSequence = first >= 0 || lastSequence < 0 ? first : first + 1 << 31
        return "producerId: \(entry.integer(at: 0, as: Int64.self)) "
            + "producerEpoch: \(entry.integer(at: 8, as: Int16.self)) "
            + "coordinatorEpoch: \(entry.integer(at: 34, as: Int32.self)) "
            + "currentTxnFirstOffset: "
            + (transaction < 0 ? "OptionalLong.empty" : "OptionalLong[\(transaction)]")
            + " lastTimestamp: \(timestamp) firstSequence: \(firstSequence) "
            + "lastSequence: \(lastSequence) lastOffset: \(lastOffset) offsetDelta: \(delta) "
            + "timestamp: \(timestamp)"
    }
}
