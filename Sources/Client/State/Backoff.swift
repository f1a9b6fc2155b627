internal import Model

/// Pauses between attempts: doubling from `first` to `most`, each up to a fifth longer or shorter, so that
/// clients that failed together do not come back together (KIP-580).
struct Backoff: Hashable, Sendable {
    let first: Duration
    let most: Duration

    /// The pause after `failures` failed attempts (at least one).
    func pause(after failures: Int, using random: inout PRNG) -> Duration {
        precondition(failures > 0, "a pause follows a failure")
        let doublings = min(failures - 1, 20)
        let whole = min(first.inNanoseconds << Int64(doublings), most.inNanoseconds)
        let fifth = max(whole / 5, 1)
        return .nanoseconds(whole + Int64.random(in: -fifth...fifth, using: &random))
    }
}
