import Synchronization

@testable import Platform

/// A number that threads raise.
final class Tally: Sendable {
    private let number = Atomic<Int>(0)
    func add() { number.wrappingAdd(1, ordering: .sequentiallyConsistent) }
    var value: Int { number.load(ordering: .sequentiallyConsistent) }
}

final class SharedUseCount: Sendable {
    let count = UseCount()
}
