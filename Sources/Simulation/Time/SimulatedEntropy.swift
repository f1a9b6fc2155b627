internal import Model
internal import Ports

/// Chance from a seed.
package final class SimulatedEntropy: Entropy, @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.
    private var random: PRNG

    package init(seed: UInt64) { random = PRNG(seed: seed) }

    package func next() -> UInt64 { random.next() }
}
