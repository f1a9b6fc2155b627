import Dispatch
import Synchronization

/// Where other threads put what a test waits for. A wait that nobody ends fails after a while.
final class Inbox<Element: Sendable>: Sendable {
    struct NothingCame: Error {}

    private let elements = Mutex<[Element]>([])
    private let count = DispatchSemaphore(value: 0)

    func put(_ element: Element) {
        elements.withLock { $0.append(element) }
        count.signal()
    }

    func take() throws -> Element {
        guard count.wait(timeout: .now() + 30) == .success else { throw NothingCame() }
        return elements.withLock { $0.removeFirst() }
    }

    func take(_ wanted: Int) throws -> [Element] { try (0..<wanted).map { _ in try take() } }
}
