package import Bytes
package import Ports

/// A use of a file that outlasts a call: as long as it exists, the file stays open, even if it is
/// closed, or removed, meanwhile. A connection holds one for each piece it has still to send.
package final class FileUse: Sendable {
    private let file: LinuxFile

    /// Takes over a use that was begun.
    init(_ file: LinuxFile) { self.file = file }

    deinit { file.endUse() }

    package var path: String { file.path }
    /// The device that holds the file, to know which disk a wait belongs to.
    package var device: UInt64 { file.device }

    /// As `File.isResident`.
    package func isResident(at offset: Int64, count: Int) -> Bool {
        file.isResidentInUse(at: offset, count: count)
    }

    /// As `File.noteChecked`.
    package func noteChecked(_ range: Range<Int64>) { file.noteChecked(range) }

    /// As `File.read`.
    package func read(at offset: Int64, count: Int) throws(FileError) -> SharedBytes {
        try file.readInUse(at: offset, count: count)
    }

    /// Sends up to `count` bytes from `offset` to a socket, as many as it takes now. 0: the file
    /// ends before `offset`.
    package func send(to socket: Int32, at offset: Int64, count: Int) throws(Errno) -> Int {
        try file.sendInUse(to: socket, at: offset, count: count)
    }
}
