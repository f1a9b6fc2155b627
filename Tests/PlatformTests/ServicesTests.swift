import Testing

@testable import Platform

@Suite("Entropy and workers")
struct ServicesTests {
    @Test func `the kernel's numbers do not repeat`() {
        let entropy = LinuxEntropy()
        var seen = Set<UInt64>()
        for _ in 0..<10_000 { seen.insert(entropy.next()) }
        #expect(seen.count == 10_000)
    }

    @Test func `workers run everything, several at once, up to their limit`() throws {
        let pool = WorkerPool(name: "test", threadsMax: 3)
        let begun = Inbox<Void>()
        let leave = Inbox<Void>()
        let done = Inbox<Int>()
        for index in 0..<3 {
            pool.run {
                begun.put(())
                _ = try? leave.take()
                done.put(index)
            }
        }
        // All three run at once, or this would wait for ever.
        _ = try begun.take(3)
        for index in 3..<20 { pool.run { done.put(index) } }
        for _ in 0..<3 { leave.put(()) }
        #expect(try done.take(20).sorted() == Array(0..<20))
    }
}
