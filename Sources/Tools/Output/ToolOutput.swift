internal import Bytes
internal import Synchronization
internal import Platform

/// Where a tool's words go: standard output, gathered into large writes, and standard error, at once.
package final class ToolOutput: Sendable {
    private let pending = Mutex<[UInt8]>([])
    private let sink: @Sendable ([UInt8]) throws(Errno) -> Void
    private let errorSink: @Sendable (String) -> Void
    private let isImmediate: Bool

    /// Bytes gathered before they are written.
    private static let gatherMax = 64 << 10

    /// The streams of this process.
    package static func standard() -> ToolOutput {
        ToolOutput(
            isImmediate: StandardStreams.isOutputTerminal,
            sink: { bytes throws(Errno) in try StandardStreams.write(SharedBytes(bytes)) },
            errorSink: { HostProcess.writeError($0) })
    }

    /// - Parameter isImmediate: whether each line is written at once.
    init(
        isImmediate: Bool, sink: @escaping @Sendable ([UInt8]) throws(Errno) -> Void,
        errorSink: @escaping @Sendable (String) -> Void
    ) {
        self.isImmediate = isImmediate
        self.sink = sink
        self.errorSink = errorSink
    }

    /// A line on standard output.
    func line(_ text: String = "") { write(Array(text.utf8) + [UInt8(ascii: "\n")]) }

    /// Text on standard output, without a line end.
    func text(_ text: String) { write(Array(text.utf8)) }

    /// Bytes on standard output.
    func write(_ bytes: [UInt8]) {
        let isFull = pending.withLock { pending in
            pending += bytes
            return pending.count >= Self.gatherMax
        }
        if isFull || isImmediate { flush() }
    }

    /// A line on standard error.
    func error(_ text: String) { errorText(text + "\n") }

    /// Text on standard error, without a line end.
    func errorText(_ text: String) {
        flush()
        errorSink(text)
    }

    /// Writes what was gathered. A reader that has gone ends the tool: nobody wants the rest.
    func flush() {
        let bytes = pending.withLock { pending in
            defer { pending.removeAll(keepingCapacity: true) }
            return pending
        }
        guard !bytes.isEmpty else { return }
        do { try sink(bytes) } catch { HostProcess.exit(ExitCode.outputClosed) }
    }
}

/// What tools end with.
enum ExitCode {
    static let success: Int32 = 0
    static let failure: Int32 = 1
    /// As a shell sees a program that SIGPIPE ended.
    static let outputClosed: Int32 = 141
    /// As a shell sees a program that SIGINT ended.
    static let interrupted: Int32 = 130
}
