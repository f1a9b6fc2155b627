import Bytes
import Model
import Ports
import Testing

@testable import Platform

@Suite("The flusher")
struct LinuxFlusherTests {
    let directory = TemporaryDirectory()

    private func make(_ count: Int) throws -> [any File] {
        try (0..<count).map { try directory.files.open(directory.path("f\($0)"), .create) }
    }

    /// A file that counts its syncs, each of which waits for leave.
    final class SlowFile: File {
        let path = "/slow"
        let begun = Inbox<Void>()
        let leave = Inbox<FileError?>()
        let syncs = Tally()

        func sync() throws(FileError) {
            syncs.add()
            begun.put(())
            var answer: FileError?
            do { answer = try leave.take() } catch { preconditionFailure("nobody gave leave") }
            if let answer { throw answer }
        }
        func size() throws(FileError) -> Int64 { 0 }
        func read(at offset: Int64, count: Int) throws(FileError) -> SharedBytes { .empty }
        func write(_ parts: [SharedBytes], at offset: Int64) throws(FileError) {}
        func truncate(to size: Int64) throws(FileError) {}
        func preallocate(upTo size: Int64) throws(FileError) {}
        func isResident(at offset: Int64, count: Int) -> Bool { true }
        func close() {}
    }

    @Test(arguments: [1, 3, 100]) func `completes on the loop that asked`(count: Int) throws {
        let loop = try RunningLoop()
        let flusher = LinuxFlusher(for: directory.path)
        let files = try make(count)
        for file in files { try file.write([[1]], at: 0) }
        let done = Inbox<(FileError?, Bool)>()
        flusher.sync(files, on: loop.loop) { failure in done.put((failure, loop.loop.isCurrent)) }
        let (failure, isOnLoop) = try done.take()
        #expect(failure == nil)
        #expect(isOnLoop)
    }

    @Test(arguments: [1, 3, 100]) func `tells each request its own failure`(count: Int) throws {
        let loop = try RunningLoop()
        let flusher = LinuxFlusher(for: directory.path)
        let good = try make(count)
        let bad = try directory.files.open(directory.path("bad"), .create)
        bad.close()
        let slow = SlowFile()
        flusher.sync([slow], on: loop.loop) { _ in }
        try slow.begun.take()
        // Both wait for the sync under way, so they form one group.
        let done = Inbox<FileError?>()
        flusher.sync(good, on: loop.loop) { done.put($0) }
        flusher.sync(good + [bad], on: loop.loop) { done.put($0) }
        slow.leave.put(nil)
        #expect(try done.take() == nil)
        #expect(try done.take()?.kind == .failed)
    }

    @Test func `syncs all of a file system for many files, if little else is to be written`() {
        #expect(!SyncGroup.syncsAll(count: 16) { 0 })
        #expect(SyncGroup.syncsAll(count: 17) { 0 })
        #expect(SyncGroup.syncsAll(count: 17) { -5 }, "not known")
        #expect(SyncGroup.syncsAll(count: 17) { 49 << 20 })
        #expect(!SyncGroup.syncsAll(count: 17) { 50 << 20 })
        #expect(SyncGroup.syncsAll(count: 2000) { 2000 << 20 })
        #expect(!SyncGroup.syncsAll(count: 2000) { 2100 << 20 })
    }

    @Test(arguments: [1, 100]) func `syncs directories with the files made in them`(count: Int)
        throws
    {
        let loop = try RunningLoop()
        let flusher = LinuxFlusher(for: directory.path)
        var files: [any File] = []
        var made: [String] = []
        for index in 0..<count {
            made.append(directory.path("d\(index)"))
            try directory.files.createDirectory(made[index], withParents: true)
            files.append(try directory.files.open(made[index] + "/f", .create))
        }
        let done = Inbox<FileError?>()
        flusher.sync(files, directories: made, on: loop.loop) { done.put($0) }
        #expect(try done.take() == nil)
    }

    @Test func `tells of a directory that is not there to who asked for it`() throws {
        let loop = try RunningLoop()
        let flusher = LinuxFlusher(for: directory.path)
        let slow = SlowFile()
        flusher.sync([slow], on: loop.loop) { _ in }
        try slow.begun.take()
        let files = try make(2)
        let done = Inbox<FileError?>()
        flusher.sync(
            [files[0]], directories: [directory.path("nowhere")], on: loop.loop
        ) { done.put($0) }
        flusher.sync([files[1]], directories: [directory.path], on: loop.loop) { done.put($0) }
        slow.leave.put(nil)
        #expect(try done.take()?.kind == .notFound)
        #expect(try done.take() == nil)
    }

    @Test func `serves what waits together, each file once`() throws {
        let loop = try RunningLoop()
        let flusher = LinuxFlusher(for: directory.path)
        let slow = SlowFile()
        let done = Inbox<Int>()
        flusher.sync([slow], on: loop.loop) { _ in done.put(0) }
        try slow.begun.take()
        #expect(flusher.busySince != nil)
        for request in 1...50 {
            flusher.sync([slow, slow], on: loop.loop) { _ in done.put(request) }
        }
        slow.leave.put(nil)
        slow.leave.put(nil)
        #expect(try done.take(51) == Array(0...50))
        #expect(slow.syncs.value == 2)
        flusher.perform { done.put(-1) }
        #expect(try done.take() == -1)
        #expect(flusher.busySince == nil)
    }

    @Test func `runs work in order, after the syncs asked for before it`() throws {
        let loop = try RunningLoop()
        let flusher = LinuxFlusher(for: directory.path)
        let slow = SlowFile()
        let done = Inbox<String>()
        flusher.sync([slow], on: loop.loop) { _ in }
        try slow.begun.take()
        flusher.perform { done.put("first, syncs: \(slow.syncs.value)") }
        flusher.perform { done.put("second") }
        flusher.sync([slow], on: loop.loop) { _ in }
        flusher.perform { done.put("third, syncs: \(slow.syncs.value)") }
        let failure = FileError(.failed, operation: "fdatasync", path: "/slow", reason: "I/O error")
        slow.leave.put(failure)
        slow.leave.put(nil)
        #expect(try done.take(3) == ["first, syncs: 2", "second", "third, syncs: 2"])
    }

    @Test func `finishes what was asked for before it goes`() throws {
        let loop = try RunningLoop()
        let done = Inbox<Int>()
        do {
            let flusher = LinuxFlusher(for: directory.path)
            for index in 0..<10 { flusher.perform { done.put(index) } }
        }
        #expect(try done.take(10) == Array(0..<10))
        withExtendedLifetime(loop) {}
    }
}
