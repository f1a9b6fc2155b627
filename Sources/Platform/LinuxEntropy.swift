internal import CPlatform
internal import Ports
internal import Synchronization

/// The kernel's random numbers, fetched sixty-four at a time.
package final class LinuxEntropy: Entropy {
    private static let batch = 64
    private let stock = Mutex<[UInt64]>([])

    package init() {}

    package func next() -> UInt64 {
        stock.withLock { stock in
            if let number = stock.popLast() { return number }
            stock = LinuxEntropy.fetch()
            guard let number = stock.popLast() else { preconditionFailure("a batch is not empty") }
            return number
        }
    }

    /// Asks for up to 256 bytes at a time: so many come whole, without an interruption.
    private static func fetch() -> [UInt64] {
        var numbers: [UInt64] = []
        numbers.reserveCapacity(batch)
        while numbers.count < batch {
            var part = InlineArray<32, UInt64>(repeating: 0)
            var bytes = part.mutableSpan
            // SAFETY: the kernel writes only inside the buffer that is lent.
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return Int64(0) }
                return unsafe martlet_random(base, buffer.count)
            }
            precondition(got == 256, "the kernel has random numbers")
            for index in part.indices { numbers.append(part[index]) }
        }
        return numbers
    }
}
