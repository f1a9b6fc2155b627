internal import Bytes
internal import Ports

/// What of a file has still to be sent.
struct FileRange {
    /// So much of what was sent from memory is read at once to find where a unit begins.
    static let leadMax = 1 << 20

    let offset: Int64
    let count: Int
    /// Looks at what comes from the disk.
    let check: PieceCheck?
    /// Where the last unit begins of which that is known, at or below `offset`.
    let unit: Int64

    /// What is left once `taken` bytes have gone; nil if that is nothing.
    func without(_ taken: Int, _ isUnit: Bool) -> FileRange? {
        precondition(taken <= count, "no more than the piece")
        guard taken < count else { return nil }
        let next = offset + Int64(taken)
        return FileRange(
            offset: next, count: count - taken, check: check, unit: isUnit ? next : unit)
    }

    /// Reads about `step` bytes from the beginning: whole units if they are checked, and more than a step for a unit
    /// that is larger. Empty where the file ends early. Blocks on the disk.
    ///
    /// What has already gone from memory since the last known unit is read again, for only there is known where units
    /// begin.
    func load(
        about step: Int, path: String,
        checked: (Range<Int64>) -> Void,
        _ read: (_ offset: Int64, _ count: Int) throws(FileError) -> SharedBytes
    ) throws(FileError) -> SharedBytes {
        guard let check else {
            let bytes = try read(offset, step)
            return bytes.count == step ? bytes : .empty
        }
        var begin = unit
        var wanted = min(Int(offset - begin), Self.leadMax) + step
        while true {
            let left = Int(offset - begin) + count
            let size = min(wanted, left)
            let bytes = try read(begin, size)
            guard bytes.count == size else { return .empty }
            guard let whole = check.wholeBytes(bytes) else {
                throw FileError(
                    .failed, operation: "read", path: path, reason: "damaged at \(begin)")
            }
            checked(begin..<begin + Int64(whole))
            // A unit that the piece cuts at its end is nothing to its reader.
            let end = size == left ? size : whole
            if begin + Int64(end) > offset { return bytes[Int(offset - begin)..<end] }
            begin += Int64(whole)
            wanted = whole == 0 ? wanted * 2 : step
        }
    }
}
