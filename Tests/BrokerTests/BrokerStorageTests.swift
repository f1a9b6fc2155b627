import Model
import TestSupport
import Testing

@testable import Broker

@Suite("The log directories of a node")
struct BrokerStorageTests {
    private let storage: BrokerStorage

    init() {
        storage = BrokerStorage(
            directories: ["a", "b", "c"].enumerated().map { index, name in
                let path = "/\(name)"
                return LogDirectoryHandle(
                    id: DirectoryID(UUID(high: 7, low: UInt64(index))), path: path,
                    flusher: NoFlusher(), background: NoFlusher())
            })
    }

    private func place(_ count: Int) -> [String] {
        (0..<count).compactMap { _ in storage.place()?.path }
    }

    @Test func `take new replicas in turn`() {
        #expect(place(5) == ["/a", "/b", "/c", "/a", "/b"])
    }

    @Test func `take the next where there are fewest`() {
        for _ in 0..<3 { storage.took(storage.directories[0]) }
        storage.took(storage.directories[1])
        #expect(place(6) == ["/c", "/b", "/c", "/b", "/c", "/a"])
        storage.released(storage.directories[2])
        storage.released(storage.directories[2])
        #expect(place(2) == ["/c", "/c"])
    }

    @Test func `take none once they have failed`() {
        #expect(storage.directories[1].fail())
        #expect(place(3) == ["/a", "/c", "/a"])
        #expect(storage.directory(storage.directories[1].id) == nil)
        for directory in storage.directories { _ = directory.fail() }
        #expect(storage.place() == nil)
    }

    @Test func `count every replica that leaves`() async {
        await #expect(processExitsWith: .failure) {
            let storage = BrokerStorageTests().storage
            storage.released(storage.directories[0])
        }
    }
}
