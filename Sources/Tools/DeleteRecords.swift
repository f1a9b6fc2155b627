internal import Client
internal import Model

/// `kafka-delete-records`: deletes records below given offsets.
enum DeleteRecords: Tool {
    static let name = "delete-records"
    static let summary = "Delete records of partitions down to given offsets."
    static let flags = [
        Flag.bootstrapServer, Flag.commandConfig, Flag.zookeeper,
        Flag(
            "offset-json-file", .value("file"),
            "Offsets as {\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"offset\":5}]}; -1 for all "
                + "that is committed.", isRequired: true),
    ]

    static func run(
        _ arguments: Arguments, on host: ToolHost
    ) async throws(ToolFailure) -> Int32 {
        let path = try arguments.required("offset-json-file")
        let wanted = try offsets(try host.text(ofFile: path), of: path)
        let admin = try await host.admin(arguments)
        host.output.line("Executing records delete operation")
        let results = try await reporting { () async throws(ClientError) in
            try await admin.deleteRecords(wanted)
        }
        await admin.close()
        host.output.line("Records delete operation completed:")
        for (partition, result) in results {
            switch result {
            case .success(let low):
                host.output.line("partition: \(partition)\tlow_watermark: \(low.rawValue)")
            case .failure(let error):
                host.output.line("partition: \(partition)\terror: \(error.description)")
            }
        }
        let isDone = results.allSatisfy { if case .success = $0.result { true } else { false } }
        return isDone ? ExitCode.success : ExitCode.failure
    }

    /// What the file asks for, in its order.
    static func offsets(
        _ text: String, of path: String
    ) throws(ToolFailure) -> [(partition: TopicPartition, before: Offset)] {
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch { throw .failed("\(path): \(error)") }
        if let version = json["version"], version.integer != 1 {
            throw .failed("\(path): Not supported version field value \(version.integer ?? -1)")
        }
        guard let list = json["partitions"]?.array else {
            throw .failed("\(path): Missing partitions field")
        }
        var found: [(partition: TopicPartition, before: Offset)] = []
        for entry in list {
            guard let topic = entry["topic"]?.string,
                let number = entry["partition"]?.integer.flatMap({ Int32(exactly: $0) }),
                let offset = entry["offset"]?.integer, offset >= -1
            else {
                throw .failed(
                    "\(path): each entry needs \"topic\", \"partition\" and \"offset\"")
            }
            let partition = TopicPartition(topic, number)
            guard !found.contains(where: { $0.partition == partition }) else {
                throw .failed(
                    "Offset json file contains duplicate topic partitions: \(partition)")
            }
            found.append((partition, Offset(offset)))
        }
        return found
    }
}
