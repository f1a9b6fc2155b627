internal import Bytes
internal import Client
internal import Configuration
internal import Records

/// How lines become records: `kafka-console-producer --reader-property`.
struct LineFormat: Sendable {
    var parsesKey = false
    var keySeparator = "\t"
    var parsesHeaders = false
    var headersDelimiter = "\t"
    var headersSeparator = ","
    var headerKeySeparator = ":"
    /// A line without its separators is a value alone instead of an error.
    var ignoresErrors = false
    /// This text stands for null.
    var nullMarker: String?

    init() {}

    init(_ arguments: Arguments, _ host: ToolHost) throws(ToolFailure) {
        var properties = Properties()
        if let path = arguments.value("reader-config") {
            properties = try host.properties(ofFile: path)
        }
        for setting in arguments.values("reader-property") {
            do { try properties.override(setting) } catch { throw .failed("\(error)") }
        }
        for key in properties.keys {
            guard let value = properties[key] else { continue }
            switch key {
            case "parse.key": parsesKey = value == "true"
            case "key.separator": keySeparator = value
            case "parse.headers": parsesHeaders = value == "true"
            case "headers.delimiter": headersDelimiter = value
            case "headers.separator": headersSeparator = value
            case "headers.key.separator": headerKeySeparator = value
            case "ignore.error": ignoresErrors = value == "true"
            case "null.marker": nullMarker = value
            default: break
            }
        }
        let separators = [keySeparator, headersDelimiter, headersSeparator, headerKeySeparator]
        guard separators.allSatisfy({ !$0.isEmpty }) else {
            throw .failed("a separator must not be empty")
        }
        if parsesHeaders, parsesKey, keySeparator == headersDelimiter, keySeparator != "\t" {
            throw .failed("headers.delimiter and key.separator may not be equal")
        }
    }
}

/// Cuts a stream of bytes into lines and lines into records.
struct LineReader: Sendable {
    private let format: LineFormat
    private let topic: String
    /// The beginning of a line whose end has not come yet.
    private var rest: [UInt8] = []
    private var lineNumber = 0

    /// The longest line that is kept waiting for its end.
    static let lineBytesMax = 256 << 20

    init(_ format: LineFormat, topic: String) {
        self.format = format
        self.topic = topic
    }

    /// The records of the lines that end in `block`.
    mutating func records(in block: SharedBytes) throws(ToolFailure) -> [ProducerRecord] {
        var records: [ProducerRecord] = []
        var start = 0
        let bytes = block.array
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line: SharedBytes
            if rest.isEmpty {
                line = block[start..<end]
            } else {
                line = SharedBytes(rest + bytes[start..<end])
                rest = []
            }
            records.append(try record(line))
            start = end + 1
        }
        rest += bytes[start...]
        guard rest.count <= Self.lineBytesMax else {
            throw .failed("line \(lineNumber + 1) is longer than \(Self.lineBytesMax) bytes")
        }
        return records
    }

    /// The record of a last line without an end.
    mutating func finish() throws(ToolFailure) -> [ProducerRecord] {
        guard !rest.isEmpty else { return [] }
        defer { rest = [] }
        return [try record(SharedBytes(rest))]
    }

    private mutating func record(_ line: SharedBytes) throws(ToolFailure) -> ProducerRecord {
        lineNumber += 1
        var value = line
        if value.count > 0, value[value.count - 1] == UInt8(ascii: "\r") {
            value = value[0..<value.count - 1]
        }
        var record = ProducerRecord(topic: topic, value: nil)
        if format.parsesHeaders {
            let headers = try cut(&value, at: format.headersDelimiter, "headers delimiter", line)
            if let headers, marked(headers) != nil {
                record.headers = try self.headers(headers, line)
            }
        }
        if format.parsesKey {
            let key = try cut(&value, at: format.keySeparator, "key separator", line)
            record.key = key.flatMap(marked)
        }
        record.value = marked(value)
        return record
    }

    /// Takes what stands before the separator out of `text`.
    private func cut(
        _ text: inout SharedBytes, at separator: String, _ what: String, _ line: SharedBytes
    ) throws(ToolFailure) -> SharedBytes? {
        guard let at = Self.position(of: Array(separator.utf8), in: text) else {
            if format.ignoresErrors { return nil }
            throw .failed(
                "No \(what) found on line number \(lineNumber): "
                    + "'\(line.utf8 ?? "not UTF-8")'")
        }
        defer { text = text.suffix(from: at + separator.utf8.count) }
        return text[0..<at]
    }

    private func headers(
        _ text: SharedBytes, _ line: SharedBytes
    ) throws(ToolFailure) -> [RecordHeader] {
        var headers: [RecordHeader] = []
        var rest = text
        let separator = Array(format.headersSeparator.utf8)
        while true {
            let end = Self.position(of: separator, in: rest)
            var pair = rest[0..<(end ?? rest.count)]
            guard
                let key = try cut(
                    &pair, at: format.headerKeySeparator, "header key separator", line)
            else { return headers }
            headers.append(RecordHeader(key: key, value: marked(pair)))
            guard let end else { return headers }
            rest = rest.suffix(from: end + separator.count)
        }
    }

    private func marked(_ text: SharedBytes) -> SharedBytes? {
        guard let marker = format.nullMarker else { return text }
        return text == SharedBytes(utf8: marker) ? nil : text
    }

    private static func position(of part: [UInt8], in text: SharedBytes) -> Int? {
        guard text.count >= part.count else { return nil }
        for start in 0...(text.count - part.count) {
            var index = 0
            while index < part.count, text[start + index] == part[index] { index += 1 }
            if index == part.count { return start }
        }
        return nil
    }
}
