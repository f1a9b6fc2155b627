internal import Model

/// Where the newest batches of a segment begin and end: offset to position, without the index.
///
/// Readers at the tail, followers above all, ask for exactly these offsets, and high watermarks are
/// among them. A ring of the newest; both columns ascend.
struct RecentBoundaries {
    private struct Boundary {
        let offset: Offset
        let position: Int
    }

    private var ring: [Boundary] = []
    /// Where the oldest lies once the ring is full.
    private var head = 0

    /// Notes that what comes at `offset` or later begins at `position`.
    mutating func note(_ offset: Offset, at position: Int) {
        let boundary = Boundary(offset: offset, position: position)
        if ring.count < LogLimit.recentBoundaries {
            ring.append(boundary)
        } else {
            ring[head] = boundary
            head = (head + 1) % ring.count
        }
    }

    /// The position noted for exactly `offset`.
    func position(of offset: Offset) -> Int? {
        var low = 0
        var high = ring.count
        while low < high {
            let middle = (low + high) / 2
            let boundary = ring[(head + middle) % ring.count]
            if boundary.offset == offset { return boundary.position }
            if boundary.offset < offset { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    mutating func removeAll() {
        ring.removeAll()
        head = 0
    }
}

/// Where readers stopped, so that the next read of the same reader begins there without the index.
struct ReadHints {
    private struct Hint {
        /// The first batch whose last offset is at or above any of these offsets …
        let offsets: ClosedRange<Offset>
        /// … begins here.
        let position: Int
    }

    private var hints: [Hint] = []
    private var oldest = 0

    mutating func note(_ offsets: ClosedRange<Offset>, at position: Int) {
        let hint = Hint(offsets: offsets, position: position)
        if let known = hints.firstIndex(where: { $0.position == position }) {
            hints[known] = hint
        } else if hints.count < LogLimit.readHints {
            hints.append(hint)
        } else {
            hints[oldest] = hint
            oldest = (oldest + 1) % hints.count
        }
    }

    func position(of offset: Offset) -> Int? {
        for hint in hints where hint.offsets.contains(offset) { return hint.position }
        return nil
    }

    mutating func removeAll() {
        hints.removeAll()
        oldest = 0
    }
}
