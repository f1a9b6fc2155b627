internal import CPlatform
internal import Glibc
internal import Ports

/// How a group of files is made durable. Lives on the flusher's thread.
///
/// The directory stays open from the start: the kernel reports a lost write once to each descriptor
/// that was open when it happened, and `syncfs` would know nothing of it through a descriptor
/// opened afterwards.
final class SyncGroup {
    private let directory: String
    /// The directory's descriptor and device; nil if it cannot be opened, then files are synced
    /// singly.
    private let root: (descriptor: Int32, device: UInt64)?

    init(_ directory: String) {
        self.directory = directory
        let raw = unsafe martlet_open(directory, O_RDONLY | O_DIRECTORY, 0)
        var facts = stat()
        if raw >= 0, unsafe fstat(raw, &facts) == 0 {
            root = (raw, UInt64(facts.st_dev))
        } else {
            if raw >= 0 { _ = close(raw) }
            root = nil
        }
    }

    deinit { if let root { _ = close(root.descriptor) } }

    /// Syncs what several requests name, each thing once, files before directories, and answers with
    /// each request's first failure.
    func sync(_ requests: [LinuxFlusher.Request]) -> [FileError?] {
        if requests.count == 1, requests[0].files.count == 1, requests[0].directories.isEmpty {
            return [failure(of: requests[0].files[0])]
        }
        var files: [any File] = []
        var filePlaces: [ObjectIdentifier: Int] = [:]
        var directories: [String] = []
        var directoryPlaces: [String: Int] = [:]
        for request in requests {
            for file in request.files where filePlaces[ObjectIdentifier(file)] == nil {
                filePlaces[ObjectIdentifier(file)] = files.count
                files.append(file)
            }
            for directory in request.directories where directoryPlaces[directory] == nil {
                directoryPlaces[directory] = directories.count
                directories.append(directory)
            }
        }
        let outcome = sync(distinct: files, directories)
        return requests.map { request in
            let ofFiles = request.files.lazy.compactMap { file in
                filePlaces[ObjectIdentifier(file)].flatMap { outcome.files[$0] }
            }
            return ofFiles.first
                ?? request.directories.lazy.compactMap { directory in
                    directoryPlaces[directory].flatMap { outcome.directories[$0] }
                }.first
        }
    }

    private func sync(
        distinct files: [any File], _ directories: [String]
    ) -> (files: [FileError?], directories: [FileError?]) {
        guard let root,
            Self.syncsAll(
                count: files.count + directories.count, unwritten: martlet_unwritten_bytes)
        else {
            if files.count > 1 {
                for case let file as LinuxFile in files { file.beginWritingBack() }
            }
            return (files.map(failure(of:)), directories.map(failure(of:)))
        }
        let answer = Int64(martlet_syncfs(root.descriptor))
        let ofFiles = files.map { file in
            // Files of another device or of another kind are not covered by the directory's file
            // system.
            guard let ours = file as? LinuxFile, ours.device == root.device else {
                return failure(of: file)
            }
            return covered(ours, by: answer)
        }
        return (ofFiles, directories.map { _ in failure(in: answer) })
    }

    /// Whether the whole file system is synced for a group of `count` files and directories: one journal commit instead
    /// of many, but everybody's data with it. It would wait for seconds where something else writes much.
    ///
    /// - Parameter unwritten: bytes that the machine's files hold in memory only; negative if unknown.
    static func syncsAll(count: Int, unwritten: () -> Int64) -> Bool {
        count > LinuxFlusher.filesSyncedOneByOne
            && unwritten() <= unwrittenMax + Int64(count) * unwrittenMaxForEach
    }

    /// What a disk writes while it commits its journal a few times, and what it writes instead of
    /// one more commit, which takes 2 to 3 ms beside other writers.
    private static let unwrittenMax: Int64 = 32 << 20
    private static let unwrittenMaxForEach: Int64 = 1 << 20

    private func failure(in answer: Int64) -> FileError? {
        do throws(FileError) {
            try checked(answer, "syncfs", directory)
            return nil
        } catch {
            return error
        }
    }

    private func failure(of directory: String) -> FileError? {
        do throws(FileError) {
            try LinuxFileSystem().syncDirectory(directory)
            return nil
        } catch {
            return error
        }
    }

    /// A closed file fails in a large group as it does in a small one.
    private func covered(_ file: LinuxFile, by answer: Int64) -> FileError? {
        do throws(FileError) {
            _ = try file.size()
            try checked(answer, "syncfs", directory)
            return nil
        } catch {
            return error
        }
    }

    private func failure(of file: any File) -> FileError? {
        do throws(FileError) {
            try file.sync()
            return nil
        } catch {
            return error
        }
    }
}
