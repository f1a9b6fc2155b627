/// Parts of a file that came from the disk and that nobody has checked since: ascending, and no two of them touch.
struct UncheckedRanges {
    /// With more of them, neighbours become one: what lies between is then checked once more than need be.
    static let countMax = 64

    private(set) var ranges: [Range<Int64>] = []

    var isEmpty: Bool { ranges.isEmpty }

    func overlaps(_ range: Range<Int64>) -> Bool {
        let index = firstIndex(endingAbove: range.lowerBound)
        return index < ranges.count && ranges[index].lowerBound < range.upperBound
    }

    mutating func insert(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        let first = firstIndex(endingAbove: range.lowerBound - 1)
        var merged = range
        var last = first
        while last < ranges.count, ranges[last].lowerBound <= range.upperBound {
            let lower = min(merged.lowerBound, ranges[last].lowerBound)
            merged = lower..<max(merged.upperBound, ranges[last].upperBound)
            last += 1
        }
        ranges.replaceSubrange(first..<last, with: [merged])
        if ranges.count > Self.countMax { mergeNearest() }
    }

    mutating func remove(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        let first = firstIndex(endingAbove: range.lowerBound)
        var left: [Range<Int64>] = []
        var last = first
        while last < ranges.count, ranges[last].lowerBound < range.upperBound {
            let old = ranges[last]
            if old.lowerBound < range.lowerBound { left.append(old.lowerBound..<range.lowerBound) }
            if old.upperBound > range.upperBound { left.append(range.upperBound..<old.upperBound) }
            last += 1
        }
        ranges.replaceSubrange(first..<last, with: left)
        if ranges.count > Self.countMax { mergeNearest() }
    }

    /// The first range that ends above `place`, by halving.
    private func firstIndex(endingAbove place: Int64) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > place { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func mergeNearest() {
        let gaps = zip(ranges, ranges.dropFirst()).map { $1.lowerBound - $0.upperBound }
        guard let least = gaps.min(), let index = gaps.firstIndex(of: least) else { return }
        let merged = ranges[index].lowerBound..<ranges[index + 1].upperBound
        ranges.replaceSubrange(index...index + 1, with: [merged])
    }
}
