internal import LogStorage
internal import Ports

extension Flusher {
    /// Syncs what `tickets` name, files before the directories they were made in, then runs `completion` on
    /// `loop` with the first failure.
    func sync(
        _ tickets: [FlushTicket], on loop: any Loop, fileSystem: any FileSystem,
        completion: @escaping @Sendable (FileError?) -> Void
    ) {
        let files = tickets.flatMap(\.files)
        var directories: [String] = []
        var seen: Set<String> = []
        for directory in tickets.flatMap(\.directories) where seen.insert(directory).inserted {
            directories.append(directory)
        }
        guard !directories.isEmpty else {
            sync(files, on: loop, completion: completion)
            return
        }
        let order = directories
        perform {
            do throws(FileError) {
                for file in files { try file.sync() }
                for directory in order { try fileSystem.syncDirectory(directory) }
                loop.post { completion(nil) }
            } catch {
                let failure = error
                loop.post { completion(failure) }
            }
        }
    }
}
