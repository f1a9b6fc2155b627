import Synchronization
import Testing

@testable import Broker

@Suite("The budget for requests")
struct RequestBudgetTests {
    /// Who was let in, in order.
    private final class Guests: Sendable {
        private let list = Mutex<[Int]>([])
        var all: [Int] { list.withLock { $0 } }
        func enter(_ guest: Int) { list.withLock { $0.append(guest) } }
    }

    private let budget = RequestBudget(limit: 100)
    private let guests = Guests()

    private func stand(_ guest: Int) -> Bool {
        budget.standInLine { [guests] in guests.enter(guest) }
    }

    @Test func `makes nobody wait while there is room`() {
        budget.take(99)
        #expect(!budget.isFull)
        #expect(!stand(1))
        budget.give(99)
        #expect(guests.all == [])
    }

    @Test func `lets in one after the other, in the order of their coming`() {
        budget.take(150)
        #expect(budget.isFull)
        for guest in 1...3 { #expect(stand(guest)) }
        budget.give(20)
        #expect(guests.all == [])
        budget.give(40)
        #expect(guests.all == [1])
        budget.letNextIn()
        #expect(guests.all == [1, 2])
        budget.take(20)
        budget.letNextIn()
        #expect(guests.all == [1, 2])
        budget.give(110)
        #expect(guests.all == [1, 2, 3])
        budget.letNextIn()
        #expect(budget.used == 0)
    }

    @Test func `gets back from a thousand requests what each took`() {
        for size in 1...1000 { budget.take(size) }
        for guest in 1...1000 { #expect(stand(guest)) }
        for size in 1...1000 { budget.give(size) }
        while guests.all.count < 1000 { budget.letNextIn() }
        #expect(guests.all == Array(1...1000))
        #expect(budget.used == 0)
    }
}
