internal import Bytes
package import Model
internal import Records

/// The batches of a log as they lie on a disk, read from the segment files and kept up with what changes in them,
/// so that looking costs what is new.
final class DiskLog {
    enum Depth {
        /// What the node's process would read.
        case seen
        /// What a power loss leaves for certain.
        case durable
    }

    private struct SegmentPrints {
        /// Under which it would be found after a restart.
        let name: String
        let file: DiskFile
        var prints: [BatchPrint] = []
        /// Where each batch ends in the file.
        var ends: [Int] = []

        var base: Offset { DiskLog.base(of: name) }
        /// Next offset after the last batch; before there is one, that which the file is named after.
        var end: Offset { prints.last?.nextOffset ?? base }
    }

    private let disk: SimulatedDisk
    private let path: String
    private let depth: Depth
    private var directory: DiskDirectory?
    private var version = 0
    private var segments: [SegmentPrints] = []
    /// The first segments, of which nothing changes any more: all that was written to them is durable, and others
    /// follow. A disk that was damaged is looked at anew.
    private var quietCount = 0
    private var damageCount = 0

    /// - Parameter path: the partition's directory.
    init(_ disk: SimulatedDisk, _ path: String, _ depth: Depth) {
        self.disk = disk
        self.path = path
        self.depth = depth
    }

    /// First offset the log may hold: its first file is named so, or, while it has none, the snapshot it goes
    /// on from. What lies below went with a snapshot.
    private(set) var start = Offset.zero

    /// Next offset after the last whole batch.
    var end: Offset { segments.last { !$0.prints.isEmpty }?.prints.last?.nextOffset ?? .zero }

    /// Where the last segment ends: further than the last batch, where compaction left nothing at the end.
    var compactedEnd: Offset { segments.last?.end ?? .zero }

    /// The batches with offsets in `range`, as of now.
    func prints(in range: Range<Offset>) -> [BatchPrint] {
        refresh()
        guard !range.isEmpty else { return [] }
        var found: [BatchPrint] = []
        for segment in segments {
            guard let last = segment.prints.last, last.nextOffset > range.lowerBound else {
                continue
            }
            for print in segment.prints[segment.prints.firstIndex(endingAfter: range.lowerBound)...]
            {
                guard print.baseOffset < range.upperBound else { return found }
                found.append(print)
            }
        }
        return found
    }

    /// The batches themselves, those that begin in `range`.
    func batches(in range: Range<Offset>) -> [RecordBatchView] {
        refresh()
        var found: [RecordBatchView] = []
        for segment in segments {
            let content = depth == .durable ? segment.file.durableContent : segment.file.content
            for (index, print) in segment.prints.enumerated() where range ~= print.baseOffset {
                let start = index == 0 ? 0 : segment.ends[index - 1]
                let bytes = content.read(at: start, count: segment.ends[index] - start)
                do throws(RecordBatchError) {
                    found.append(try RecordBatchView(bytes))
                } catch {
                    preconditionFailure("what has a print was read before: \(error)")
                }
            }
        }
        return found
    }

    /// The records in `range`.
    func records(in range: Range<Offset>) -> [RecordPrint] {
        guard let first = prints(in: range).first else { return [] }
        var found: [RecordPrint] = []
        for batch in batches(in: first.baseOffset..<range.upperBound) where !batch.isControl {
            do throws(RecordBatchError) {
                var cursor = try batch.records()
                while let record = try cursor.next() {
                    guard range.contains(record.offset) else { continue }
                    found.append(
                        RecordPrint(offset: record.offset, key: record.key, value: record.value))
                }
            } catch {
                // A batch whose records cannot be read has none: they are missed.
                continue
            }
        }
        return found
    }

    /// The batches of segments that are closed, each with its place on the disk.
    func sealed() -> [SealedBatch] {
        refresh()
        var found: [SealedBatch] = []
        for segment in segments.dropLast() {
            for (index, print) in segment.prints.enumerated() {
                let start = index == 0 ? 0 : segment.ends[index - 1]
                found.append(
                    SealedBatch(
                        path: "\(path)/\(segment.name)", bytes: start..<segment.ends[index],
                        offsets: print.baseOffset..<print.nextOffset))
            }
        }
        return found
    }

    // MARK: Keeping up

    func refresh() {
        let found = disk.directory(at: path)
        if found !== directory || found?.version != version {
            directory = found
            version = found?.version ?? 0
            list()
        }
        if disk.damageCount != damageCount {
            damageCount = disk.damageCount
            quietCount = 0
        }
        for index in segments.indices.dropFirst(quietCount) {
            Self.read(&segments[index], depth)
            let isQuiet = segments[index].file.isDurable && index + 1 < segments.count
            if isQuiet, index == quietCount { quietCount += 1 }
        }
    }

    private func list() {
        quietCount = 0
        start = .zero
        guard let directory else {
            segments = []
            return
        }
        let entries = depth == .durable ? directory.durable : directory.entries
        let found = files(of: entries, ".log")
        let names =
            found.isEmpty ? entries.keys.filter { $0.hasSuffix(".checkpoint") } : [found[0].name]
        start = names.map { Self.base(of: $0) }.max() ?? .zero
        segments = found
        putSwapsInPlace(entries)
    }

    /// Segments that were rewritten and wait for their names take the place of what they were made from, as they
    /// do at a restart.
    private func putSwapsInPlace(_ entries: [String: DiskEntry]) {
        let unfinished = entries.keys.filter { $0.hasSuffix(".cleaned") }
        let limit = unfinished.map { Self.base(of: $0) }.min() ?? Offset(.max)
        for var swap in files(of: entries, ".log.swap") where swap.base < limit {
            Self.read(&swap, depth)
            let replaced = swap.base..<max(swap.end, swap.base.next)
            segments.removeAll { replaced.contains($0.base) }
            let place = segments.firstIndex { $0.base > swap.base } ?? segments.count
            segments.insert(swap, at: place)
        }
    }

    private func files(of entries: [String: DiskEntry], _ suffix: String) -> [SegmentPrints] {
        var found: [SegmentPrints] = []
        for (name, entry) in entries where name.hasSuffix(suffix) {
            guard case .file(let file) = entry else { continue }
            let known = segments.first { $0.file === file && $0.name == name }
            found.append(known ?? SegmentPrints(name: name, file: file))
        }
        return found.sorted { $0.name < $1.name }
    }

    private static func base(of name: String) -> Offset { Offset(Int64(name.prefix(20)) ?? 0) }

    private static func read(_ segment: inout SegmentPrints, _ depth: Depth) {
        let file = segment.file
        let dirty = depth == .durable ? file.takeDurableDirt() : file.takeDirt()
        guard dirty != .max || segment.ends.isEmpty else { return }
        while let end = segment.ends.last, end > dirty {
            segment.ends.removeLast()
            segment.prints.removeLast()
        }
        let content = depth == .durable ? file.durableContent : file.content
        var position = segment.ends.last ?? 0
        guard position < content.size else { return }
        let rest = content.read(at: position, count: content.size - position)
        var place = 0
        while place < rest.count {
            do throws(RecordBatchError) {
                let batch = try RecordBatchView(rest, at: place)
                // A torn write may have cut the offset, which the checksum does not cover.
                guard batch.baseOffset >= segment.end else { return }
                place += batch.sizeInBytes
                position += batch.sizeInBytes
                segment.prints.append(BatchPrint(batch))
                segment.ends.append(position)
            } catch {
                // A tail that is not whole is no part of the log.
                return
            }
        }
    }
}

/// A batch in a segment that is closed.
package struct SealedBatch {
    /// Of the segment's file.
    package let path: String
    /// Where it lies there.
    package let bytes: Range<Int>
    package let offsets: Range<Offset>
}

extension [BatchPrint] {
    /// The first batch that reaches beyond `offset`.
    func firstIndex(endingAfter offset: Offset) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].nextOffset > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
