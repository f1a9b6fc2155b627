/// A seeded generator (xoshiro256**, Blackman and Vigna 2018): one seed, one sequence, on every machine.
public struct PRNG: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Spreads `seed` over the state with SplitMix64, as the authors advise.
    public init(seed: UInt64) {
        var mix = seed
        func split() -> UInt64 {
            mix &+= 0x9e37_79b9_7f4a_7c15
            var z = mix
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
        state = (split(), split(), split(), split())
    }

    public mutating func next() -> UInt64 {
        func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by) | (x >> (64 - by)) }
        let result = rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, 45)
        return result
    }

    /// A number in `0..<bound`. `bound` must be positive.
    public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// A duration in `[base, 2 × base)`: how Raft draws its election timeouts.
    public mutating func jittered(_ base: Duration) -> Duration {
        let nanoseconds = max(base.inNanoseconds, 1)
        return .nanoseconds(nanoseconds + Int64.random(in: 0..<nanoseconds, using: &self))
    }
}
