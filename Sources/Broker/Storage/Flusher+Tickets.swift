internal import LogStorage
internal import Ports

extension Flusher {
    /// Syncs what `tickets` name, files before the directories they were made in, then runs `completion` on
    /// `loop` with the first failure.
    func sync(
        _ tickets: [FlushTicket], on loop: any Loop,
        completion: @escaping @Sendable (FileError?) -> Void
    ) {
        let files = tickets.flatMap(\.files)
        var directories: [String] = []
        var seen: Set<String> = []
        for directory in tickets.flatMap(\.directories) where seen.insert(directory).inserted {
            directories.append(directory)
        }
        sync(files, directories: directories, on: loop, completion: completion)
    }
}
