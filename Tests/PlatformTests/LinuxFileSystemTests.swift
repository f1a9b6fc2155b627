import Bytes
import Glibc
import Ports
import Testing

@testable import Platform

@Suite("The file system of Linux")
struct LinuxFileSystemTests {
    let directory = TemporaryDirectory()
    var files: LinuxFileSystem { directory.files }

    private func kind(_ body: () throws -> Void) -> FileError.Kind? {
        do { try body() } catch { return (error as? FileError)?.kind }
        return nil
    }

    @Test func `lists by name and tells directories apart, links too`() throws {
        try files.createDirectory(directory.path("b/c/d"), withParents: true)
        _ = try files.open(directory.path("a"), .create)
        #expect(Kernel.link(directory.path("z"), to: directory.path("b")))
        #expect(Kernel.link(directory.path("y"), to: directory.path("nowhere")))
        #expect(
            try files.list(directory.path) == [
                DirectoryEntry(name: "a", isDirectory: false),
                DirectoryEntry(name: "b", isDirectory: true),
                DirectoryEntry(name: "y", isDirectory: false),
                DirectoryEntry(name: "z", isDirectory: true),
            ])
        try files.createDirectory(directory.path("b/c/d"), withParents: true)
    }

    @Test func `opens as asked`() throws {
        let path = directory.path("f")
        #expect(kind { _ = try files.open(path, .read) } == .notFound)
        #expect(kind { _ = try files.open(path, .readWrite) } == .notFound)
        try files.open(path, .create).write([[1, 2]], at: 0)
        #expect(try files.open(path, .create).size() == 2)
        #expect(try files.open(path, .read).read(at: 0, count: 9).array == [1, 2])
        #expect(kind { try files.open(path, .read).write([[1]], at: 0) } == .failed)
        #expect(try files.open(path, .replace).size() == 0)
    }

    @Test func `removes a tree but not what links in it lead to`() throws {
        try files.createDirectory(directory.path("keep"), withParents: true)
        _ = try files.open(directory.path("keep/file"), .create)
        try files.createDirectory(directory.path("tree/deep"), withParents: true)
        _ = try files.open(directory.path("tree/deep/file"), .create)
        #expect(Kernel.link(directory.path("tree/link"), to: directory.path("keep")))
        try files.removeTree(directory.path("tree"))
        try files.removeTree(directory.path("tree"))
        #expect(!files.exists(directory.path("tree")))
        #expect(files.exists(directory.path("keep/file")))
    }

    @Test func `renames over an existing file`() throws {
        try files.open(directory.path("new"), .create).write([[7]], at: 0)
        try files.open(directory.path("old"), .create).write([[1, 1]], at: 0)
        try files.rename(directory.path("new"), to: directory.path("old"))
        try files.syncDirectory(directory.path)
        #expect(try files.open(directory.path("old"), .read).size() == 1)
        #expect(!files.exists(directory.path("new")))
    }

    @Test func `names each failure`() throws {
        let missing = directory.path("missing")
        #expect(kind { try files.remove(missing) } == .notFound)
        #expect(kind { _ = try files.list(missing) } == .notFound)
        #expect(kind { try files.syncDirectory(missing) } == .notFound)
        #expect(kind { try files.rename(missing, to: directory.path) } == .notFound)
        _ = try files.open(directory.path("plain"), .create)
        #expect(
            kind { try files.createDirectory(directory.path("plain"), withParents: true) }
                == .alreadyExists)
        #expect(
            kind { try files.createDirectory(directory.path("plain/sub"), withParents: true) }
                == .failed)
        #expect(
            kind { try files.createDirectory(directory.path("not/there"), withParents: false) }
                == .notFound)
        #expect(!files.exists(directory.path("not")))
        #expect(try files.freeBytes(at: directory.path) > 0)
        let error = FileError(Errno(ENOSPC), operation: "write", path: "/x")
        #expect(error.kind == .noSpace)
        #expect(error.description == "write /x: No space left on device")
    }

    @Test func `locks a directory for one user`() throws {
        let lock = try files.lock(directory.path)
        do {
            _ = try files.lock(directory.path)
            Issue.record("locked twice")
        } catch {
            #expect(error.kind == .locked)
            #expect(error.path == directory.path)
            #expect(error.reason.contains("nother process"))
        }
        lock.release()
        lock.release()
        try files.lock(directory.path).release()
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func `says so when the disk is full, and goes on when space returns`() throws {
        let mount = directory.path("small")
        try files.createDirectory(mount, withParents: true)
        guard Kernel.mountMemory(mount, bytes: 64 << 10) else { return }
        defer { Kernel.unmount(mount) }
        let file = try files.open("\(mount)/log", .create)
        let page = SharedBytes([UInt8](repeating: 1, count: 4096))
        let full = kind {
            for index in 0..<100 { try file.write([page, page], at: Int64(index) * 8192) }
        }
        #expect(full == .noSpace)
        #expect(kind { try file.preallocate(upTo: 1 << 20) } == .noSpace)
        #expect(try file.read(at: 0, count: 4096).count == 4096)
        try file.truncate(to: 4096)
        try file.write([page], at: 4096)
    }
}
