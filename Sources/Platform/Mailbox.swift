internal import Synchronization

/// What other threads want a loop to run: an array behind a lock, swapped out whole once per turn.
///
/// A sender pays for a wake-up only if the loop is asleep or about to be: the flag changes under
/// the lock that guards the array, so no letter is ever left behind by a loop that goes to sleep.
final class Mailbox: Sendable {
    typealias Letter = @Sendable () -> Void

    private struct State {
        var letters: [Letter] = []
        var isAsleep = false
    }

    private let state = Mutex(State())

    /// Adds a letter. True if the caller must wake the loop.
    func put(_ letter: @escaping Letter) -> Bool {
        state.withLock { state in
            state.letters.append(letter)
            let mustWake = state.isAsleep
            state.isAsleep = false
            return mustWake
        }
    }

    /// Exchanges the letters for an empty array, whose room is used again. The loop is awake from
    /// here on.
    func take(into empty: inout [Letter]) {
        state.withLock { state in
            state.isAsleep = false
            swap(&state.letters, &empty)
        }
    }

    /// Whether the loop may sleep: from now on the next letter wakes it.
    func fallAsleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.letters.isEmpty
            return state.isAsleep
        }
    }
}
