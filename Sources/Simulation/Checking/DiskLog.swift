internal import Bytes
internal import Model
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
        let name: String
        let file: DiskFile
        var prints: [BatchPrint] = []
        /// Where each batch ends in the file.
        var ends: [Int] = []

        /// Next offset after the last batch; before there is one, that which the file is named after.
        var end: Offset { prints.last?.nextOffset ?? Offset(Int64(name.prefix(20)) ?? 0) }
    }

    private let disk: SimulatedDisk
    private let path: String
    private let depth: Depth
    private var directory: DiskDirectory?
    private var version = 0
    private var segments: [SegmentPrints] = []

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

    // MARK: Keeping up

    func refresh() {
        let found = disk.directory(at: path)
        if found !== directory || found?.version != version {
            directory = found
            version = found?.version ?? 0
            list()
        }
        for index in segments.indices { read(index) }
    }

    private func list() {
        start = .zero
        guard let directory else {
            segments = []
            return
        }
        let entries = depth == .durable ? directory.durable : directory.entries
        var files: [(name: String, file: DiskFile)] = []
        for (name, entry) in entries where name.hasSuffix(".log") {
            if case .file(let file) = entry { files.append((name, file)) }
        }
        files.sort { $0.name < $1.name }
        let names =
            files.isEmpty ? entries.keys.filter { $0.hasSuffix(".checkpoint") } : [files[0].name]
        start = names.compactMap { Int64($0.prefix(20)) }.max().map { Offset($0) } ?? .zero
        segments = files.map { name, file in
            segments.first { $0.file === file } ?? SegmentPrints(name: name, file: file)
        }
    }

    private func read(_ index: Int) {
        let file = segments[index].file
        let dirty = depth == .durable ? file.takeDurableDirt() : file.takeDirt()
        while let end = segments[index].ends.last, end > dirty {
            segments[index].ends.removeLast()
            segments[index].prints.removeLast()
        }
        let content = depth == .durable ? file.durableContent : file.content
        var position = segments[index].ends.last ?? 0
        guard position < content.size else { return }
        let rest = content.read(at: position, count: content.size - position)
        var place = 0
        while place < rest.count {
            do throws(RecordBatchError) {
                let batch = try RecordBatchView(rest, at: place)
                // A torn write may have cut the offset, which the checksum does not cover.
                guard batch.baseOffset >= segments[index].end else { return }
                place += batch.sizeInBytes
                position += batch.sizeInBytes
                segments[index].prints.append(BatchPrint(batch))
                segments[index].ends.append(position)
            } catch {
                // A tail that is not whole is no part of the log.
                return
            }
        }
    }
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
