internal import Bytes
internal import Client
internal import Configuration
internal import Model
internal import Records

/// How records become lines: `kafka-console-consumer --formatter-property`.
struct RecordFormat: Sendable {
    var printsTimestamp = false
    var printsPartition = false
    var printsOffset = false
    var printsDelivery = false
    var printsEpoch = false
    var printsHeaders = false
    var printsKey = false
    var printsValue = true
    var keySeparator = "\t"
    var lineSeparator = "\n"
    var headersSeparator = ","
    var nullLiteral = "null"

    init() {}

    init(_ arguments: Arguments, _ host: ToolHost) throws(ToolFailure) {
        var properties = Properties()
        if let path = arguments.value("formatter-config") {
            properties = try host.properties(ofFile: path)
        }
        for setting in arguments.values("formatter-property") {
            do { try properties.override(setting) } catch { throw .failed("\(error)") }
        }
        for key in properties.keys {
            guard let value = properties[key] else { continue }
            switch key {
            case "print.timestamp": printsTimestamp = value == "true"
            case "print.partition": printsPartition = value == "true"
            case "print.offset": printsOffset = value == "true"
            case "print.delivery": printsDelivery = value == "true"
            case "print.epoch": printsEpoch = value == "true"
            case "print.headers": printsHeaders = value == "true"
            case "print.key": printsKey = value == "true"
            case "print.value": printsValue = value == "true"
            case "key.separator": keySeparator = value
            case "line.separator": lineSeparator = value
            case "headers.separator": headersSeparator = value
            case "null.literal": nullLiteral = value
            default: break
            }
        }
    }

    /// Appends the record's line.
    func append(_ record: ConsumerRecord, to bytes: inout [UInt8]) {
        let parts = prefixes(of: record)
        for (index, part) in parts.enumerated() {
            if index > 0 { bytes += keySeparator.utf8 }
            bytes += part.utf8
        }
        var isFirst = parts.isEmpty
        if printsKey {
            if !isFirst { bytes += keySeparator.utf8 }
            append(record.key, to: &bytes)
            isFirst = false
        }
        if printsValue {
            if !isFirst { bytes += keySeparator.utf8 }
            append(record.value, to: &bytes)
        }
        bytes += lineSeparator.utf8
    }

    private func prefixes(of record: ConsumerRecord) -> [String] {
        var parts: [String] = []
        if printsTimestamp {
            let kind = record.timestampType == .createTime ? "CreateTime" : "LogAppendTime"
            parts.append(
                record.timestamp == .none ? "NO_TIMESTAMP" : "\(kind):\(record.timestamp.rawValue)")
        }
        if printsPartition { parts.append("Partition:\(record.partition.partition)") }
        if printsOffset { parts.append("Offset:\(record.offset.rawValue)") }
        if printsDelivery { parts.append("Delivery:NOT_PRESENT") }
        if printsEpoch { parts.append("Epoch:\(record.leaderEpoch.rawValue)") }
        if printsHeaders { parts.append(headers(of: record)) }
        return parts
    }

    private func headers(of record: ConsumerRecord) -> String {
        guard !record.headers.isEmpty else { return "NO_HEADERS" }
        return record.headers.map { header in
            let key = String(decoding: header.key.array, as: UTF8.self)
            let value = header.value.map { String(decoding: $0.array, as: UTF8.self) }
            return "\(key):\(value ?? nullLiteral)"
        }.joined(separator: headersSeparator)
    }

    private func append(_ field: SharedBytes?, to bytes: inout [UInt8]) {
        guard let field else {
            bytes += nullLiteral.utf8
            return
        }
        bytes += field.array
    }
}
