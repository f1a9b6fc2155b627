package import Ports
internal import Synchronization

/// Files of segments that a log has let go of: first renamed to `.deleted`, after `file.delete.delay.ms`
/// removed; on a disk that has no room for another name, removed at once. Both block on the disk and are
/// for a thread of their own.
///
/// Whoever is about to make files of the same names has the renames done first (`settleRemovals`), so each
/// is made once, under a lock, in order.
package final class SegmentRemoval: Sendable {
    private struct Names {
        /// Still under their own names, in the order of renaming.
        var waiting: ArraySlice<String>
        var renamed: [String] = []
    }

    static let suffix = ".deleted"

    private let names: Mutex<Names>
    /// Files it began with; some of them may never have been made.
    package let count: Int

    init(renaming paths: [String]) {
        count = paths.count
        names = Mutex(Names(waiting: paths[...]))
    }

    var isRenamed: Bool { names.withLock { $0.waiting.isEmpty } }

    /// Renames what is not renamed yet. Files that do not exist are fine.
    package func rename(on fileSystem: any FileSystem) throws(FileError) {
        let failure = names.withLock { names -> FileError? in
            while let path = names.waiting.first {
                do throws(FileError) {
                    try Self.rename(path, on: fileSystem, &names.renamed)
                } catch {
                    guard error.kind == .notFound else { return error }
                }
                names.waiting.removeFirst()
            }
            return nil
        }
        if let failure { throw failure }
    }

    private static func rename(
        _ path: String, on fileSystem: any FileSystem, _ renamed: inout [String]
    ) throws(FileError) {
        do throws(FileError) {
            try fileSystem.rename(path, to: path + suffix)
            renamed.append(path + suffix)
        } catch {
            guard error.kind == .noSpace else { throw error }
            // A longer name needs room in the directory, and this is what makes room.
            // Readers keep the file open.
            try fileSystem.remove(path)
        }
    }

    /// Removes them, renaming first what is not renamed yet. Those that are gone are fine.
    package func perform(on fileSystem: any FileSystem) throws(FileError) {
        try rename(on: fileSystem)
        for path in names.withLock({ $0.renamed }) {
            do throws(FileError) {
                try fileSystem.remove(path)
            } catch {
                if error.kind != .notFound { throw error }
            }
        }
    }
}
