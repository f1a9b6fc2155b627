internal import Model
internal import Ports

/// Room of one log directory's file system, in bytes; -1 where it is not known.
struct DirectorySpace: Sendable, Equatable {
    static let unknown = DirectorySpace(total: -1, usable: -1)

    let total: Int64
    let usable: Int64
}

/// Measures directories, each on its own thread; what a disk does not tell in time is unknown. Lives on the loop that
/// asks.
enum SpaceMeasurement {
    static let patience = Duration.seconds(2)

    static func run(
        of directories: [LogDirectoryHandle], on loop: any Loop, _ fileSystem: any FileSystem,
        finish: @escaping ([DirectorySpace]) -> Void
    ) {
        var isDone = false
        var known = Array(repeating: DirectorySpace.unknown, count: directories.count)
        let gather = Gather<DirectorySpace>(count: directories.count) { _ in
            guard !isDone else { return }
            isDone = true
            finish(known)
        }
        let take = LoopBound(
            { (index: Int, space: DirectorySpace) in
                known[index] = space
                gather.take(index, space)
            }, on: loop)
        for (index, directory) in directories.enumerated() {
            guard !directory.isOffline else {
                take.run { $0(index, .unknown) }
                continue
            }
            directory.background.perform {
                let space = measure(directory.path, fileSystem)
                take.post { $0(index, space) }
            }
        }
        loop.arm(at: loop.now + patience) {
            guard !isDone else { return }
            isDone = true
            finish(known)
        }
    }

    private static func measure(_ path: String, _ fileSystem: any FileSystem) -> DirectorySpace {
        do throws(FileError) {
            return DirectorySpace(
                total: try fileSystem.totalBytes(at: path),
                usable: try fileSystem.freeBytes(at: path))
        } catch {
            // A disk that does not even tell its size is found out by its next write.
            return .unknown
        }
    }
}
