internal import Bytes
internal import Model
internal import Ports

/// What `.martlet_registration` says of the run before.
struct RegistrationNote: Hashable, Sendable {
    /// The registration under which the directory was last used; `.none` if what was promised there may be gone.
    var epoch: BrokerEpoch
    /// The incarnation of a process that asked for another registration. It may have it, but was not unfenced
    /// under it: that is noted first.
    var attempt: UUID?

    init(_ epoch: BrokerEpoch, attempt: UUID? = nil) {
        self.epoch = epoch
        self.attempt = attempt
    }
}

/// `.martlet_registration` in each log directory: the broker epoch under which it is in use.
///
/// Kafka knows only the mark of an orderly stop, and takes a broker that stopped otherwise for one that may
/// have lost its tail (KIP-966). Here an acknowledgement means disk, so a killed broker that comes back on the
/// directories it had holds all it has promised: it tells this epoch, and stays eligible.
///
/// A process that registers cannot know whether it did before it has the answer. So it notes first that it will,
/// and as which incarnation, and is not unfenced before the answer is noted. Killed in between, its successor asks
/// as the same incarnation, and is told the epoch.
///
/// After the epoch and the attempt, if there is one, come the node's directories, a line each, id and path: so a
/// node with a dead disk knows which directory it is without.
struct RegistrationFile: Sendable {
    static let name = ".martlet_registration"
    private static let attemptWord = "incarnation "

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

    /// The note; nil if there is no file or it cannot be read.
    func read() -> RegistrationNote? {
        let lines = lines
        guard let epoch = lines.first.flatMap({ Int64($0) }) else { return nil }
        var note = RegistrationNote(BrokerEpoch(epoch))
        if let line = lines.dropFirst().first, line.hasPrefix(Self.attemptWord) {
            guard let id = UUID(String(line.dropFirst(Self.attemptWord.count))) else { return nil }
            note.attempt = id
        }
        return note
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
    ///
    /// - Parameter directories: all of the node, failed ones too.
    func write(_ note: RegistrationNote, _ directories: [LogDirectoryHandle]) throws(FileError) {
        let attempt = note.attempt.map { "\(Self.attemptWord)\($0)\n" } ?? ""
        let known = directories.filter { $0.id != .lost }.map { "\($0.id) \($0.path)\n" }
        let temporary = path + ".tmp"
        let file = try fileSystem.open(temporary, .replace)
        defer { file.close() }
        try file.write(
            [SharedBytes(utf8: "\(note.epoch.rawValue)\n\(attempt)\(known.joined())")], at: 0)
        try file.sync()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.syncDirectory(directory)
    }
    /// Replaces the file, or removes it if the disk has no room: an old note must not be believed. Blocks on the
    /// disk.
    func replace(
        with note: RegistrationNote, _ directories: [LogDirectoryHandle]
    ) throws(FileError) {
        do throws(FileError) {
            try write(note, directories)
        } catch {
            guard error.kind == .noSpace else { throw error }
            try remove()
        }
    }
}
