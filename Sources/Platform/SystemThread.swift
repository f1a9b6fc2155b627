internal import CPlatform
internal import Glibc

/// A thread of the kernel with a name. Ends when its body returns; `join` waits for that.
package final class SystemThread: Sendable {
    private let handle: pthread_t

    /// Starts a thread. Throws when the system gives no more threads.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        // SAFETY: the new thread takes over the retained `start`; if there is none, it is released
        // here.
        let code = unsafe pthread_create(
            &handle, nil,
            { argument in
                guard let argument = unsafe argument else {
                    preconditionFailure("a start is given")
                }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe martlet_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            throw Errno(code)
        }
        self.handle = handle
    }

    /// Waits until the body has returned. Call once, from another thread.
    package func join() {
        let code = pthread_join(handle, nil)
        precondition(code == 0, "a thread is joined once, and not by itself")
    }

    /// Lets the thread's remains be cleared away without a `join`.
    package func detach() { _ = pthread_detach(handle) }

    /// A number that no other living thread has.
    package static var currentID: UInt { UInt(pthread_self()) }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
