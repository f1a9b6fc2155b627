internal import Bytes
internal import InternalRecords
internal import Metadata
internal import Model
internal import Platform
internal import Ports
internal import Records

/// `kafka-metadata-shell`: a snapshot of the metadata as a tree of files.
enum MetadataShell: Tool {
    static let name = "metadata-shell"
    static let summary = "Look around in a snapshot of the metadata, as in a file system."
    static let synopsis = "[command...]"
    static let positionalsMax = Int.max
    static let helpCode = ExitCode.success
    static let flags = [
        Flag(
            "snapshot", .value("file"), "The .checkpoint file, or a .log file of the metadata.",
            letter: "s", isRequired: true)
    ]

    private static let prompt = ">> "
    private static let fileBytesMax: Int64 = 4 << 30

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let path = try arguments.required("snapshot")
        let image = try image(ofFile: path, host)
        var session = ShellSession(MetadataTree(image))
        guard arguments.positionals.isEmpty else {
            let answer = session.run(arguments.positionals.joined(separator: " "))
            show(answer, host.output)
            return answer.isFailure ? ExitCode.failure : ExitCode.success
        }
        do {
            if StandardStreams.isInputTerminal, StandardStreams.isOutputTerminal {
                host.output.line("[ Martlet's metadata shell: help shows the commands. ]")
                try talk(&session, host.output)
            } else {
                try read(&session, host.output)
            }
        } catch {
            throw .failed("standard input: \(error.reason)")
        }
        return ExitCode.success
    }

    private static func show(_ answer: ShellSession.Answer, _ output: ToolOutput) {
        for line in answer.lines {
            if answer.isFailure { output.error(line) } else { output.line(line) }
        }
        output.flush()
    }

    // MARK: Input

    /// Lines of a file or pipe.
    private static func read(
        _ session: inout ShellSession, _ output: ToolOutput
    ) throws(Errno) {
        var rest: [UInt8] = []
        while true {
            let bytes = try StandardStreams.read(atMost: 64 << 10)
            rest += bytes.array
            // The last line may have no end.
            if bytes.count == 0, !rest.isEmpty { rest.append(UInt8(ascii: "\n")) }
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let answer = session.run(String(decoding: rest[..<end], as: UTF8.self))
                show(answer, output)
                if answer.isOver { return }
                rest.removeFirst(end + 1)
            }
            guard bytes.count > 0 else { return }
        }
    }

    /// Keys of a terminal.
    private static func talk(
        _ session: inout ShellSession, _ output: ToolOutput
    ) throws(Errno) {
        while true {
            guard let line = try typed(session, output) else { return }
            let answer = session.run(line)
            show(answer, output)
            if answer.isOver { return }
        }
    }

    /// One line, edited; nil at the end of the input.
    private static func typed(
        _ session: ShellSession, _ output: ToolOutput
    ) throws(Errno) -> String? {
        let mode = try TerminalMode()
        defer { mode.restore() }
        var editor = LineEditor(history: session.history)
        output.text(prompt)
        output.flush()
        while true {
            let bytes = try StandardStreams.read(atMost: 1)
            guard let byte = bytes.array.first else { return nil }
            switch editor.take(byte, completing: { session.completions(of: $0) }) {
            case nil: continue
            case .changed: break
            case .line(let line):
                output.text("\r\n")
                output.flush()
                return line
            case .choices(let found):
                let names = found.map { $0.split(separator: " ").last.map(String.init) ?? $0 }
                output.text("\r\n" + names.joined(separator: "  ") + "\r\n")
            case .abandoned: output.text("^C\r\n")
            case .ended:
                output.text("\r\n")
                output.flush()
                return nil
            }
            let back = editor.text.count - editor.cursor
            output.text("\r\u{1b}[K\(prompt)\(editor.line)" + (back > 0 ? "\u{1b}[\(back)D" : ""))
            output.flush()
        }
    }

    // MARK: The file

    /// Replays all whole batches of a snapshot or of the metadata log.
    private static func image(
        ofFile path: String, _ host: ToolHost
    ) throws(ToolFailure) -> MetadataImage {
        do {
            let file = try host.fileSystem.open(path, .read)
            defer { file.close() }
            let size = try file.size()
            guard size <= fileBytesMax else {
                throw ToolFailure.failed("\(path) is larger than \(fileBytesMax) bytes")
            }
            var sequence = RecordBatchSequence(try file.read(at: 0, count: Int(size)))
            var replay = MetadataReplay()
            while let batch = try sequence.next() {
                try batch.checkCRC()
                try replay.replay(try records(of: batch), endingAt: position(of: batch))
            }
            guard sequence.position > 0 else {
                throw ToolFailure.failed("\(path) holds no batch: it is no snapshot")
            }
            return replay.published
        } catch let failure as ToolFailure {
            throw failure
        } catch let error as FileError {
            throw .failed("\(path): \(error.reason)")
        } catch {
            throw .failed("\(path) is no snapshot of the metadata, or is damaged: \(error)")
        }
    }

    private static func records(of batch: RecordBatchView) throws -> [MetadataRecord] {
        guard !batch.isControl else { return [] }
        var found: [MetadataRecord] = []
        var cursor = try batch.records()
        while let record = try cursor.next() {
            guard let value = record.value else { continue }
            found.append(try MetadataRecord(framed: value))
        }
        return found
    }

    private static func position(of batch: RecordBatchView) -> MetadataPosition {
        MetadataPosition(
            lastOffset: batch.lastOffset, term: Term(batch.partitionLeaderEpoch.rawValue),
            timestamp: batch.maxTimestamp)
    }
}
