internal import Glibc

/// State behind a lock, with threads that wait for it to change: a mutex and a condition of
/// pthreads.
///
/// For the threads that may block (flushers, workers). Loops use a mailbox instead.
@safe
final class WaitingQueue<State>: @unchecked Sendable {
    // SAFETY: `state` is touched only while `mutex` is held. Both pthread objects have stable
    // addresses from `init` to `deinit`, and no thread is inside a method then, because callers
    // hold a reference.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        let codes = unsafe (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, nil))
        precondition(codes == (0, 0), "default pthread objects can be made")
    }

    deinit {
        _ = unsafe pthread_cond_destroy(condition)
        _ = unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Changes the state and wakes one waiting thread.
    func change<R>(_ body: (inout State) -> R) -> R {
        _ = unsafe pthread_mutex_lock(mutex)
        let result = body(&state)
        _ = unsafe pthread_cond_signal(condition)
        _ = unsafe pthread_mutex_unlock(mutex)
        return result
    }

    /// Changes the state and wakes every waiting thread.
    func changeForAll(_ body: (inout State) -> Void) {
        _ = unsafe pthread_mutex_lock(mutex)
        body(&state)
        _ = unsafe pthread_cond_broadcast(condition)
        _ = unsafe pthread_mutex_unlock(mutex)
    }

    /// Waits until `body` has an answer, asking anew after each change.
    func wait<R>(until body: (inout State) -> R?) -> R {
        _ = unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            _ = unsafe pthread_cond_wait(condition, mutex)
        }
    }
}
