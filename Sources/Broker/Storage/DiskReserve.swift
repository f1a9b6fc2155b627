internal import LogStorage
internal import Model
internal import Ports
internal import Synchronization

/// `.martlet_reserve`: room on the disk of the metadata log that is kept for it alone.
///
/// A node whose metadata log cannot be written votes no more and follows no more, so a full disk would take it
/// out of the cluster together with the reads that it could still serve. When a write finds no room, the
/// reserve is given up, once, and the write is done again; until the reserve is whole again nothing else is
/// appended on that node.
final class DiskReserve: Sendable {
    static let name = ".martlet_reserve"
    static let sizeMin: Int64 = 256 << 10
    static let sizeMax: Int64 = 16 << 20
    /// Part of the free space that a new reserve takes, so that it stays small on a small disk.
    static let share: Int64 = 16

    let size: Int64
    private let path: String
    private let fileSystem: any FileSystem
    private let held = Atomic<Bool>(false)
    /// Called before the room is given up: nobody else may take it.
    private let releasing: @Sendable () -> Void

    /// Does not take the room yet.
    init(
        in directory: String, on fileSystem: any FileSystem,
        releasing: @escaping @Sendable () -> Void
    ) throws(FileError) {
        path = Self.path(in: directory)
        self.fileSystem = fileSystem
        self.releasing = releasing
        if let known = try Self.size(in: directory, on: fileSystem) {
            size = known
        } else {
            let free = try fileSystem.freeBytes(at: directory)
            size = min(max(free / Self.share, Self.sizeMin), Self.sizeMax)
        }
    }

    private static func path(in directory: String) -> String { "\(directory)/\(name)" }

    /// Bytes of the reserve that an earlier run left in `directory`, nil if there is none.
    static func size(
        in directory: String, on fileSystem: any FileSystem
    ) throws(FileError) -> Int64? {
        guard fileSystem.exists(path(in: directory)) else { return nil }
        let file = try fileSystem.open(path(in: directory), .read)
        defer { file.close() }
        let size = try file.size()
        return size > 0 ? min(size, sizeMax) : nil
    }

    var isHeld: Bool { held.load(ordering: .acquiring) }

    /// Takes the room, where it is not taken yet. Blocks on the disk; `noSpace` if there is none.
    func take() throws(FileError) {
        guard !isHeld else { return }
        let file = try fileSystem.open(path, .create)
        defer { file.close() }
        try file.preallocate(upTo: size)
        // A reserve's length tells the next start how large it is.
        try file.truncate(to: size)
        held.store(true, ordering: .releasing)
    }

    /// Gives the room up. False if it was given up before.
    func release() throws(FileError) -> Bool {
        guard held.exchange(false, ordering: .acquiringAndReleasing) else { return false }
        releasing()
        try fileSystem.remove(path)
        return true
    }

    /// Runs a write, and once more on the room of the reserve if it found none.
    func backing<Result>(_ write: () throws(LogError) -> Result) throws(LogError) -> Result {
        do throws(LogError) {
            return try write()
        } catch {
            guard error.isNoSpace, try isGivenUpNow() else { throw error }
        }
        return try write()
    }

    private func isGivenUpNow() throws(LogError) -> Bool {
        do throws(FileError) {
            return try release()
        } catch {
            throw .file(error)
        }
    }
}
