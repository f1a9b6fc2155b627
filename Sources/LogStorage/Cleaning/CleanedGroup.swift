internal import Model
internal import Ports

/// Segments that were compacted into one, on the way into their log by Kafka's names for it.
///
///     .cleaned ── offer ─▶ .swap ── putInPlace ─▶ its own name
///         ▲                  │
///         └─── withdraw ─────┘
///
/// A restart drops a group of which any file is `.cleaned`, and finishes one that is all `.swap`
/// (`PartitionLog.sweep`). So the names that make the difference are durable before anything relies on them:
///
/// - `offer` makes all `.cleaned` names durable before the first becomes `.swap`, and all `.swap` names before
///   the log may touch the old files. In between a restart sees a `.cleaned`, whatever was lost.
/// - `withdraw` gives the log file its `.cleaned` name back, durably, before another file goes.
/// - `putInPlace` begins with the log file, as Kafka does: indexes that are still `.swap` beside a log that is not
///   are its. Here the order of renames within one directory is relied on, which journals of file systems keep.
package struct CleanedGroup: Sendable {
    private enum Stage: String {
        case cleaned = ".cleaned"
        case swap = ".swap"
        case inPlace = ""
    }

    let directory: String
    /// Bases of the segments that it replaces, ascending.
    let replaced: [Offset]
    let facts: SealedFacts

    private static let indexes = SegmentRewriter.kinds.filter { $0 != .log }

    /// Offers it to the log: from the end of this on a restart puts it in place.
    func offer(on fileSystem: any FileSystem) throws(LogError) {
        try syncNames(on: fileSystem)
        for kind in indexes { try rename(kind, .cleaned, to: .swap, on: fileSystem) }
        try rename(.log, .cleaned, to: .swap, on: fileSystem)
        try syncNames(on: fileSystem)
    }

    /// Takes back what was offered, all or in part, and removes it.
    func withdraw(on fileSystem: any FileSystem) throws(LogError) {
        do throws(LogError) {
            try rename(.log, .swap, to: .cleaned, on: fileSystem)
        } catch .file(let error) where error.kind == .notFound {
            // It had not come so far.
        }
        try syncNames(on: fileSystem)
        try remove(Self.indexes, [.swap, .cleaned], on: fileSystem)
        try syncNames(on: fileSystem)
        try remove([.log], [.cleaned], on: fileSystem)
    }

    /// Removes what was never offered.
    func discard(on fileSystem: any FileSystem) throws(LogError) {
        try remove(SegmentRewriter.kinds, [.cleaned], on: fileSystem)
    }

    /// Gives the files their own names, which nothing else has any more.
    func putInPlace(on fileSystem: any FileSystem) throws(LogError) {
        try rename(.log, .swap, to: .inPlace, on: fileSystem)
        for kind in indexes { try rename(kind, .swap, to: .inPlace, on: fileSystem) }
    }

    /// The indexes that were written.
    private var indexes: [SegmentFileKind] {
        Self.indexes.filter { $0 != .transactionIndex || !facts.aborted.isEmpty }
    }

    private func path(_ kind: SegmentFileKind, _ stage: Stage) -> String {
        SegmentRewriter.path(facts.baseOffset, kind, in: directory, stage.rawValue)
    }

    private func syncNames(on fileSystem: any FileSystem) throws(LogError) {
        let directory = directory
        try onDisk { () throws(FileError) in try fileSystem.syncDirectory(directory) }
    }

    private func rename(
        _ kind: SegmentFileKind, _ from: Stage, to: Stage, on fileSystem: any FileSystem
    ) throws(LogError) {
        let (source, target) = (path(kind, from), path(kind, to))
        try onDisk { () throws(FileError) in try fileSystem.rename(source, to: target) }
    }

    private func remove(
        _ kinds: [SegmentFileKind], _ stages: [Stage], on fileSystem: any FileSystem
    ) throws(LogError) {
        for kind in kinds {
            for stage in stages {
                try SegmentRewriter.remove(path(kind, stage), on: fileSystem)
            }
        }
    }
}
