internal import Bytes

/// The content of a file: runs of bytes that do not overlap, by offset. What lies between is zeros.
///
/// A copy costs nothing until it is changed, so the durable content beside the written one is cheap.
struct Extents {
    private struct Run {
        var start: Int
        var bytes: SharedBytes
        var end: Int { start + bytes.count }
    }

    /// Above so many runs they are joined to one: a write after a sync copies the list of runs, joining copies the
    /// bytes.
    private static let runsMax = 32

    private var runs: [Run] = []
    private(set) var size = 0

    func read(at offset: Int, count: Int) -> SharedBytes {
        let end = min(size, offset + count)
        guard offset < end else { return .empty }
        var writer = ByteWriter(capacity: end - offset)
        var place = offset
        for run in runs[firstIndex(endingAfter: offset)...] {
            guard run.start < end else { break }
            if run.start > place {
                writer.zeros(run.start - place)
                place = run.start
            }
            let upTo = min(end, run.end)
            writer.bytes(run.bytes[place - run.start..<upTo - run.start])
            place = upTo
        }
        if place < end { writer.zeros(end - place) }
        return writer.finish()
    }

    mutating func write(_ bytes: SharedBytes, at offset: Int) {
        guard !bytes.isEmpty else { return }
        let end = offset + bytes.count
        clear(offset..<end)
        runs.insert(Run(start: offset, bytes: bytes), at: firstIndex(endingAfter: offset))
        size = max(size, end)
        if runs.count > Self.runsMax {
            runs = [Run(start: 0, bytes: read(at: 0, count: size))]
        }
    }

    mutating func resize(to size: Int) {
        if size < self.size { clear(size..<self.size) }
        self.size = size
    }

    private func firstIndex(endingAfter offset: Int) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func clear(_ range: Range<Int>) {
        var index = firstIndex(endingAfter: range.lowerBound)
        while index < runs.count, runs[index].start < range.upperBound {
            let run = runs.remove(at: index)
            if run.start < range.lowerBound {
                let kept = run.bytes[0..<range.lowerBound - run.start]
                runs.insert(Run(start: run.start, bytes: kept), at: index)
                index += 1
            }
            if run.end > range.upperBound {
                let kept = run.bytes.suffix(from: range.upperBound - run.start)
                runs.insert(Run(start: range.upperBound, bytes: kept), at: index)
                index += 1
            }
        }
    }
}
