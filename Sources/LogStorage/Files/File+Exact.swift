internal import Bytes
internal import Ports

extension File {
    /// Exactly `count` bytes; a file that ends before them is an error of the disk.
    func readExactly(at offset: Int64, count: Int) throws(LogError) -> SharedBytes {
        let bytes = try onDisk { () throws(FileError) in try read(at: offset, count: count) }
        guard bytes.count == count else {
            throw .file(
                FileError(
                    .failed, operation: "read", path: path,
                    reason: "the file ends at \(offset + Int64(bytes.count))"))
        }
        return bytes
    }

    /// Current length in bytes.
    func sizeOnDisk() throws(LogError) -> Int64 {
        try onDisk { () throws(FileError) in try size() }
    }
}
