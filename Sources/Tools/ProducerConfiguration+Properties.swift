internal import Client
internal import Compression
internal import Configuration

extension ProducerConfiguration {
    /// Takes over the producer properties that are known.
    mutating func apply(_ properties: Properties) throws(ToolFailure) {
        for key in properties.keys {
            guard let value = properties[key] else { continue }
            switch key {
            case "acks": acks = try Self.acks(value)
            case "enable.idempotence": isIdempotent = try Self.flag(key, value)
            case "batch.size": batchBytes = try Self.number(key, value, 0...1 << 30)
            case "linger.ms": linger = .milliseconds(try Self.number(key, value, 0...1 << 31))
            case "buffer.memory": bufferBytes = try Self.number(key, value, 1...1 << 50)
            case "max.block.ms": blockMax = .milliseconds(try Self.number(key, value, 0...1 << 50))
            case "delivery.timeout.ms":
                deliveryTimeout = .milliseconds(try Self.number(key, value, 1...1 << 31))
            case "max.request.size":
                requestBytesMax = try Self.number(key, value, 1...Int(Int32.max))
            case "max.in.flight.requests.per.connection":
                let limit = try Self.number(key, value, 1...1 << 31)
                guard limit <= ProducerConfiguration.inFlightLimit || !isIdempotent else {
                    throw .failed("\(key)=\(value): at most 5 with enable.idempotence")
                }
                inFlightMax = limit
            case "compression.type":
                guard let codec = CompressionCodec(name: value) else {
                    throw .failed("\(key)=\(value): must be none, gzip, snappy, lz4 or zstd")
                }
                compression = codec
            case "transactional.id":
                throw .failed("transactional.id: transactions are not served by this version yet")
            default: break
            }
        }
    }

    static func acks(_ text: String) throws(ToolFailure) -> Acks {
        switch text {
        case "0": return .none
        case "1": return .leader
        case "all", "-1": return .all
        default: throw .failed("acks=\(text): must be 0, 1 or all")
        }
    }

    private static func flag(_ key: String, _ value: String) throws(ToolFailure) -> Bool {
        switch value.lowercased() {
        case "true": return true
        case "false": return false
        default: throw .failed("\(key)=\(value): must be true or false")
        }
    }

    private static func number(
        _ key: String, _ value: String, _ range: ClosedRange<Int>
    ) throws(ToolFailure) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw .failed(
                "\(key)=\(value): must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
