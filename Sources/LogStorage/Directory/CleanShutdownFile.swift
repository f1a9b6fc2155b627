internal import Bytes
package import Model
package import Ports

/// `.kafka_cleanshutdown`: all logs of the directory were closed in order. It is read and removed
/// at the start, before anything is written, and made as the very last thing of an orderly stop.
package struct CleanShutdownFile: Sendable {
    package static let name = ".kafka_cleanshutdown"

    /// What it says.
    package struct Mark: Hashable, Sendable {
        /// Epoch of the registration that stopped (KIP-966), -1 if the file does not tell.
        package let brokerEpoch: BrokerEpoch
    }

    private let file: AtomicFile

    package init(in directory: String, on fileSystem: any FileSystem) {
        file = AtomicFile(fileSystem: fileSystem, path: PathName.join(directory, Self.name))
    }

    /// The mark; nil after an unclean stop.
    package func read() throws(LogError) -> Mark? {
        try file.read().map { Mark(brokerEpoch: Self.epoch(in: $0.utf8 ?? "")) }
    }

    /// The mark, removed so durably that a crash from now on is seen as one; nil after an unclean
    /// stop. Its being there is what counts: contents that cannot be read only lose the epoch.
    package func take() throws(LogError) -> Mark? {
        guard let mark = try read() else { return nil }
        try onDisk { () throws(FileError) in
            try file.fileSystem.remove(file.path)
            try file.fileSystem.syncDirectory(file.directory)
        }
        return mark
    }

    /// Writes the mark durably.
    package func write(brokerEpoch: BrokerEpoch) throws(FileError) {
        let text = "{\"version\":0,\"brokerEpoch\":\(brokerEpoch.rawValue)}"
        try file.replace(with: SharedBytes(utf8: text))
    }

    /// The number after the one key that matters. JSON proper is read elsewhere; this file has one
    /// shape.
    private static func epoch(in text: String) -> BrokerEpoch {
        let key = "\"brokerEpoch\""
        let parts = text.split(separator: key, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .none }
        let rest = parts[1].drop { $0.isWhitespace || $0 == ":" }
        let digits = rest.prefix { $0.isNumber || $0 == "-" }
        return Int64(digits).map { BrokerEpoch($0) } ?? .none
    }
}
