internal import Ports

/// Runs file operations whose failure is the log's failure.
@inline(__always)
func onDisk<Result>(
    _ body: () throws(FileError) -> Result
) throws(LogError) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        throw .file(error)
    }
}
