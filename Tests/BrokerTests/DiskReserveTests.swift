import LogStorage
import Model
import Ports
import TestSupport
import Testing

@testable import Broker

@Suite("Room kept for the metadata log")
struct DiskReserveTests {
    private final class Calls: @unchecked Sendable {
        // SAFETY of the marker: a test runs on one thread.
        var count = 0
    }

    private let full = LogError.file(
        FileError(.noSpace, operation: "write", path: "/data", reason: "full"))

    private func make(
        _ system: MemoryFileSystem, _ calls: Calls = Calls()
    ) throws -> DiskReserve {
        try system.createDirectory("/data", withParents: true)
        return try DiskReserve(in: "/data", on: system) { calls.count += 1 }
    }

    @Test func `is given up for the first write that finds none, and the write is done again`()
        throws
    {
        let system = MemoryFileSystem()
        let calls = Calls()
        let reserve = try make(system, calls)
        try reserve.take()
        var attempts = 0
        let written = try reserve.backing { () throws(LogError) -> Bool in
            attempts += 1
            guard attempts > 1 else { throw full }
            #expect(calls.count == 1)
            #expect(!system.exists("/data/.martlet_reserve"))
            return true
        }
        #expect(written)
        #expect(attempts == 2)
        #expect(throws: full) {
            try reserve.backing { () throws(LogError) in throw full }
        }
        #expect(calls.count == 1)
    }

    @Test func `is left alone by any other failure`() throws {
        let reserve = try make(MemoryFileSystem())
        try reserve.take()
        #expect(throws: LogError.closed) {
            try reserve.backing { () throws(LogError) in throw .closed }
        }
        #expect(reserve.isHeld)
    }

    @Test func `is a part of what is free, and keeps its size over a restart`() throws {
        let system = MemoryFileSystem()
        system.free = 64 << 20
        let first = try make(system)
        #expect(first.size == 4 << 20)
        try first.take()
        system.free = 0
        #expect(try make(system).size == 4 << 20)
        #expect(try DiskReserve.size(in: "/data", on: system) == 4 << 20)
    }

    @Test func `must be whole again before a full directory is written to`() throws {
        let system = MemoryFileSystem()
        system.free = 64 << 20
        let handle = LogDirectoryHandle(
            id: DirectoryID(UUID(high: 1, low: 2)), path: "/data", flusher: NoFlusher(),
            background: NoFlusher())
        let reserve = try make(system)
        handle.reserve = reserve
        try reserve.take()
        #expect(handle.noteFull())
        #expect(!handle.noteFull())
        #expect(try reserve.release())
        system.free = 4 << 20
        #expect(try !handle.lookForRoom(on: system))
        #expect(handle.isFull)
        system.free = 5 << 20
        #expect(try handle.lookForRoom(on: system))
        #expect(!handle.isFull)
        #expect(reserve.isHeld)
    }
}
