internal import Client
internal import Configuration

extension ConsumerConfiguration {
    /// Takes over the consumer properties that are known.
    mutating func apply(_ properties: Properties) throws(ToolFailure) {
        for key in properties.keys {
            guard let value = properties[key] else { continue }
            switch key {
            case "isolation.level": isolationLevel = try Self.isolation(value)
            case "fetch.min.bytes": minBytes = try Self.number(key, value)
            case "fetch.max.wait.ms": maxWait = .milliseconds(try Self.number(key, value))
            case "fetch.max.bytes": maxBytes = try Self.number(key, value)
            case "max.partition.fetch.bytes": partitionMaxBytes = try Self.number(key, value)
            case "check.crcs": checksCRC = value != "false"
            case "allow.auto.create.topics": createsTopics = value != "false"
            case "client.rack": rack = value
            case "auto.offset.reset": offsetReset = try Self.reset(value)
            default: break
            }
        }
    }

    static func number(_ key: String, _ value: String) throws(ToolFailure) -> Int {
        guard let number = Int(value), (0...Int(Int32.max)).contains(number) else {
            throw .failed("\(key)=\(value): must be a number from 0 to \(Int32.max)")
        }
        return number
    }
}
