import Bytes
import Glibc
import Model
import Ports
import Testing

@testable import Platform

@Suite("A file of Linux")
struct LinuxFileTests {
    let directory = TemporaryDirectory()
    var files: LinuxFileSystem { directory.files }

    private func make(_ name: String = "a.log") throws -> any File {
        try files.open(directory.path(name), .create)
    }

    @Test func `gives back what was written, whatever the parts`() throws {
        let file = try make()
        var random = PRNG(seed: 7)
        var expected: [UInt8] = []
        var parts: [SharedBytes] = []
        for _ in 0..<3000 {
            let part = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            expected += part
            parts.append(SharedBytes(part))
        }
        try file.write(parts, at: 0)
        #expect(try file.size() == Int64(expected.count))
        #expect(try file.read(at: 0, count: expected.count).array == expected)
        #expect(try file.read(at: 100, count: 50).array == Array(expected[100..<150]))
    }

    @Test func `reads less only at its end`() throws {
        let file = try make()
        try file.write([[1, 2, 3]], at: 0)
        #expect(try file.read(at: 1, count: 10).array == [2, 3])
        #expect(try file.read(at: 3, count: 10).isEmpty)
        #expect(try file.read(at: 1_000_000, count: 1 << 40).isEmpty)
        #expect(try file.read(at: 0, count: 1 << 40).array == [1, 2, 3])
        #expect(try file.read(at: 0, count: 0).isEmpty)
    }

    @Test func `overwrites in the middle and extends with zeros`() throws {
        let file = try make()
        try file.write([[1, 2, 3, 4]], at: 0)
        try file.write([[9], [], [8]], at: 1)
        try file.truncate(to: 6)
        #expect(try file.read(at: 0, count: 10).array == [1, 9, 8, 4, 0, 0])
        try file.truncate(to: 2)
        #expect(try file.size() == 2)
    }

    @Test func `reserves blocks without growing`() throws {
        let file = try make()
        try file.write([[1]], at: 0)
        try file.preallocate(upTo: 1 << 20)
        try file.sync()
        #expect(try file.size() == 1)
        #expect(Kernel.allocatedBytes(file.path) >= 1 << 20)
    }

    @Test func `is resident once written, and not once the cache let go of it`() throws {
        let file = try make()
        let mebibyte = SharedBytes([UInt8](repeating: 5, count: 1 << 20))
        try file.write([mebibyte], at: 0)
        try file.sync()
        #expect(file.isResident(at: 0, count: 1 << 20))
        #expect(file.isResident(at: 0, count: 5 << 20), "behind the end is nothing to wait for")
        #expect(Kernel.forgetPages(file.path))
        #expect(!file.isResident(at: 0, count: 1 << 20))
        _ = try file.read(at: 0, count: 1 << 20)
        #expect(file.isResident(at: 0, count: 1 << 20))
    }

    /// A watched file of a mebibyte of which nothing is in memory.
    private func makeCold() throws -> any File {
        let file = try make()
        file.watchDisk()
        try file.write([SharedBytes([UInt8](repeating: 5, count: 1 << 20))], at: 0)
        try file.sync()
        #expect(file.isResident(at: 0, count: 1 << 20), "what was written needs no check")
        #expect(Kernel.forgetPages(file.path))
        return file
    }

    @Test func `brings nothing into memory but what is asked for, if it is watched`() throws {
        let file = try makeCold()
        #expect(try file.read(at: 4096, count: 4096).count == 4096)
        file.noteChecked(4096..<8192)
        #expect(file.isResident(at: 4096, count: 4096))
        #expect(!file.isResident(at: 0, count: 4096))
        #expect(!file.isResident(at: 8192, count: 4096))
    }

    @Test func `is not resident where what came from the disk was not checked`() throws {
        let file = try makeCold()
        #expect(try file.read(at: 100, count: 10_000).count == 10_000)
        #expect(!file.isResident(at: 100, count: 10_000))
        // What shares a page with what was checked is as unknown as before.
        file.noteChecked(100..<10_100)
        #expect(file.isResident(at: 100, count: 10_000))
        #expect(!file.isResident(at: 0, count: 100))
        #expect(!file.isResident(at: 10_100, count: 1))
        // Read once more, now from memory, and checked.
        #expect(try file.read(at: 10_100, count: 2_000).count == 2_000)
        file.noteChecked(10_100..<12_100)
        #expect(file.isResident(at: 10_100, count: 2_000))
        #expect(file.isResident(at: 100, count: 12_000))
    }

    @Test func `leaves nothing unchecked in memory when it is closed`() throws {
        let file = try makeCold()
        _ = try file.read(at: 0, count: 1 << 20)
        file.noteChecked(0..<(1 << 19))
        file.close()
        let again = try LinuxFileSystem().open(file.path, .read)
        #expect(again.isResident(at: 0, count: 1 << 19))
        #expect(!again.isResident(at: 1 << 19, count: 1 << 19))
    }

    @Test func `fails after close, which may come twice`() throws {
        let file = try make()
        file.close()
        file.close()
        #expect(throws: FileError.self) { try file.read(at: 0, count: 1) }
        #expect(throws: FileError.self) { try file.write([[1]], at: 0) }
        #expect(throws: FileError.self) { try file.sync() }
        #expect(!file.isResident(at: 0, count: 1))
    }

    @Test func `stays open for a use that outlasts close`() throws {
        let file = try #require(try make() as? LinuxFile)
        try file.write([[1, 2]], at: 0)
        var use = file.use()
        file.close()
        #expect(file.use() == nil)
        let pair = Kernel.socketPair()
        defer { for raw in [pair.0, pair.1] { close(raw) } }
        #expect(try use?.read(at: 1, count: 1) == [2])
        #expect(use?.isResident(at: 0, count: 2) == true)
        #expect(try use?.send(to: pair.0, at: 0, count: 2) == 2)
        use = nil
        #expect(throws: Errno(EBADF)) { try file.sendInUse(to: pair.0, at: 0, count: 2) }
    }

    @Test func `closes its descriptor once when many threads use and close it`() throws {
        for _ in 0..<200 {
            let count = Tally()
            let uses = SharedUseCount()
            let done = Inbox<Void>()
            for _ in 0..<4 {
                try SystemThread(name: "user") {
                    for _ in 0..<50 {
                        _ = uses.count.begin()
                        if uses.count.end() { count.add() }
                    }
                    if uses.count.close() { count.add() }
                    done.put(())
                }.detach()
            }
            _ = try done.take(4)
            #expect(count.value == 1)
        }
    }
}
