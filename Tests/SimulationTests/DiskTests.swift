import Bytes
import Model
import Ports
import Simulation
import Testing

@Suite("A simulated disk")
struct DiskTests {
    private let time = VirtualTime(seed: 1)
    private let disk: SimulatedDisk
    private let files: SimulatedFileSystem
    private let path = "/data/file"

    init() throws {
        disk = SimulatedDisk(time: time, seed: 2)
        files = SimulatedFileSystem(disk, SimulatedProcess(host: "10.0.0.1", time: time))
        try files.createDirectory("/data", withParents: true)
        try files.syncDirectory("/")
    }

    private func write(_ text: String) throws -> any File {
        let file = try files.open(path, .create)
        try files.syncDirectory("/data")
        try file.write([SharedBytes(utf8: text)], at: 0)
        return file
    }

    @Test func `keeps what was synced when the power fails`() throws {
        try write("kept").sync()
        disk.losePower()
        #expect(disk.bytes(of: path)?.utf8 == "kept")
    }

    @Test func `that lies keeps nothing for certain, though the sync succeeds`() throws {
        let file = try write("told")
        disk.liesAboutSyncs = true
        try file.sync()
        #expect(disk.bytes(of: path)?.utf8 == "told")
        #expect(disk.durableBytes(of: path) == .empty)
    }

    @Test func `makes durable what it lied about with the next honest sync`() throws {
        let file = try write("told")
        disk.liesAboutSyncs = true
        try file.sync()
        disk.liesAboutSyncs = false
        try file.sync()
        #expect(disk.durableBytes(of: path)?.utf8 == "told")
    }

    @Test func `forgets a bit at rest, for programs and for good`() throws {
        let file = try write("a")
        #expect(!disk.flipBit(1, ofByte: 0, in: path))
        try file.sync()
        #expect(disk.flipBit(1, ofByte: 0, in: path))
        #expect(disk.bytes(of: path)?.utf8 == "c")
        #expect(disk.durableBytes(of: path)?.utf8 == "c")
        #expect(!disk.flipBit(1, ofByte: 7, in: path))
    }

    @Test func `is empty once it was exchanged`() throws {
        try write("gone").sync()
        disk.wipe()
        #expect(disk.paths.isEmpty)
        #expect(!files.exists("/data"))
    }

    @Test func `loses a tail or a file behind the back of its users`() throws {
        try write("abcdef").sync()
        disk.resize(path, to: 2)
        #expect(disk.durableBytes(of: path)?.utf8 == "ab")
        disk.remove(path)
        #expect(disk.paths.isEmpty)
        disk.losePower()
        #expect(disk.paths.isEmpty)
    }
}
