internal import Bytes
internal import Ports

/// What of a file has still to be sent.
struct FileRange {
    /// So much that was sent unchecked is read once more to check what follows it.
    static let leadMax = 4 << 20

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

    /// Whether a read from the disk is to be checked.
    var isChecked: Bool { check != nil && offset - unit <= Int64(Self.leadMax) }

    /// Reads about `step` bytes from the beginning: whole units if they are checked, and more than a step for a unit
    /// that is larger. Empty where the file ends early. Blocks on the disk.
    func load(
        about step: Int, path: String,
        _ read: (_ offset: Int64, _ count: Int) throws(FileError) -> SharedBytes
    ) throws(FileError) -> SharedBytes {
        guard isChecked, let check else {
            let bytes = try read(offset, step)
            return bytes.count == step ? bytes : .empty
        }
        let lead = Int(offset - unit)
        var wanted = lead + step
        while true {
            wanted = min(wanted, lead + count)
            let bytes = try read(unit, wanted)
            guard bytes.count == wanted else { return .empty }
            guard let whole = check.wholeBytes(bytes) else {
                throw FileError(
                    .failed, operation: "read", path: path, reason: "damaged at \(unit)")
            }
            // A unit that the piece cuts at its end is nothing to its reader.
            if wanted == lead + count { return bytes[lead..<bytes.count] }
            if whole > lead { return bytes[lead..<whole] }
            wanted *= 2
        }
    }
}
