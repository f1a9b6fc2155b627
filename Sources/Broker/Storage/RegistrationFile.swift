internal import Bytes
internal import Model
internal import Ports

/// `.martlet_registration` in each log directory: the broker epoch under which it is in use.
///
/// Kafka knows only the mark of an orderly stop, and takes a broker that stopped otherwise for one that may
/// have lost its tail (KIP-966). Here an acknowledgement means disk, so a killed broker that comes back on the
/// directories it had holds all it has promised: it tells this epoch, and stays eligible.
struct RegistrationFile: Sendable {
    static let name = ".martlet_registration"

    private let directory: String
    private let fileSystem: any FileSystem

    init(in directory: String, on fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    private var path: String { "\(directory)/\(Self.name)" }

    /// The epoch, `.none` if there is no file or it cannot be read.
    func read() -> BrokerEpoch {
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            defer { file.close() }
            let text = try file.read(at: 0, count: 64).utf8 ?? ""
            return Int64(text.prefix { $0 != "\n" }).map { BrokerEpoch($0) } ?? .none
        } catch {
            // Not knowing is the safe answer: the controller then counts on nothing here.
            return .none
        }
    }

    /// Takes the file away durably: from now on only an orderly end counts. Blocks on the disk.
    func remove() throws(FileError) {
        guard fileSystem.exists(path) else { return }
        try fileSystem.remove(path)
        try fileSystem.syncDirectory(directory)
    }

    /// Replaces the file durably. Blocks on the disk.
    func write(_ epoch: BrokerEpoch) throws(FileError) {
        let temporary = path + ".tmp"
        let file = try fileSystem.open(temporary, .replace)
        defer { file.close() }
        try file.write([SharedBytes(utf8: "\(epoch.rawValue)\n")], at: 0)
        try file.sync()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.syncDirectory(directory)
    }
}
