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

    /// Syncs the files of several requests, each file once, and answers with each request's first
    /// failure.
    func sync(_ requests: [[any File]]) -> [FileError?] {
        if requests.count == 1, requests[0].count == 1 { return [failure(of: requests[0][0])] }
        var files: [any File] = []
        var indices: [ObjectIdentifier: Int] = [:]
        for file in requests.joined() where indices[ObjectIdentifier(file)] == nil {
            indices[ObjectIdentifier(file)] = files.count
            files.append(file)
        }
        let failures = sync(distinct: files)
        return requests.map { request in
            for file in request {
                guard let index = indices[ObjectIdentifier(file)] else {
                    preconditionFailure("every file of a request is in the group")
                }
                if let failure = failures[index] { return failure }
            }
            return nil
        }
    }

    private func sync(distinct files: [any File]) -> [FileError?] {
        guard let root, files.count > LinuxFlusher.filesSyncedOneByOne else {
            return files.map(failure(of:))
        }
        let answer = Int64(martlet_syncfs(root.descriptor))
        return files.map { file in
            // Files of another device or of another kind are not covered by the directory's file
            // system.
            guard let ours = file as? LinuxFile, ours.device == root.device else {
                return failure(of: file)
            }
            return covered(ours, by: answer)
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
