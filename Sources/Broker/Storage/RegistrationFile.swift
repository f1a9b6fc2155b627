internal import Bytes
internal import Model
internal import Ports

/// `.martlet_registration` in each log directory: the broker epoch under which it is in use.
///
/// Kafka knows only the mark of an orderly stop, and takes a broker that stopped otherwise for one that may
/// have lost its tail (KIP-966). Here an acknowledgement means disk, so a killed broker that comes back on the
/// directories it had holds all it has promised: it tells this epoch, and stays eligible.
///
/// After the epoch come the node's directories, a line each, id and path: so a node with a dead disk knows which
/// directory it is without.
struct RegistrationFile: Sendable {
    static let name = ".martlet_registration"

    private let directory: String
    private let fileSystem: any FileSystem

    init(in directory: String, on fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    private var path: String { "\(directory)/\(Self.name)" }

    /// No node has so many directories that its file would be longer.
    private static let sizeMax = 1 << 16

    private var lines: [Substring] {
        do throws(FileError) {
            let file = try fileSystem.open(path, .read)
            defer { file.close() }
            let text = try file.read(at: 0, count: Self.sizeMax).utf8 ?? ""
            return text.split(separator: "\n")
        } catch {
            // Not knowing is the safe answer: the controller then counts on nothing here.
            return []
        }
    }

    /// The epoch, `.none` if there is no file or it cannot be read.
    func read() -> BrokerEpoch {
        lines.first.flatMap { Int64($0) }.map { BrokerEpoch($0) } ?? .none
    }

    /// The node's directories at that registration, by path.
    func directories() -> [String: DirectoryID] {
        var known: [String: DirectoryID] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let id = UUID(String(words[0])) else { continue }
            known[String(words[1])] = DirectoryID(id)
        }
        return known
    }

    /// Takes the file away durably: from now on only an orderly end counts. Blocks on the disk.
    func remove() throws(FileError) {
        guard fileSystem.exists(path) else { return }
        try fileSystem.remove(path)
        try fileSystem.syncDirectory(directory)
    }

    /// Replaces the file durably. Blocks on the disk.
    func write(_ epoch: BrokerEpoch, _ directories: [LogDirectoryHandle]) throws(FileError) {
        let known = directories.filter { $0.id != .lost }.map { "\($0.id) \($0.path)\n" }
        let temporary = path + ".tmp"
        let file = try fileSystem.open(temporary, .replace)
        defer { file.close() }
        try file.write([SharedBytes(utf8: "\(epoch.rawValue)\n\(known.joined())")], at: 0)
        try file.sync()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.syncDirectory(directory)
    }
}
