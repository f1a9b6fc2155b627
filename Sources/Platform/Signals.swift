internal import CPlatform
internal import Glibc

/// A signal that a program wants to hear of.
package enum Signal: CaseIterable, Sendable {
    /// SIGTERM: stop in order.
    case terminate
    /// SIGINT: Ctrl-C.
    case interrupt
    /// SIGHUP: the terminal has gone.
    case hangUp

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        }
    }
}

/// Signals as events: the handler of a signal only writes its number to a pipe, and a thread of its
/// own reads from there. Programs started later do not inherit this.
package enum Signals {
    /// Lets writes to a peer that has gone fail with an error instead of ending the process. Every
    /// program with connections calls this first.
    package static func ignoreBrokenPipes() { martlet_ignore_broken_pipes() }

    /// Hands each arriving signal to `handler`, on a thread of its own, for the rest of the
    /// process's life. Call once.
    package static func watch(
        _ signals: [Signal], _ handler: @escaping @Sendable (Signal) -> Void
    ) throws(Errno) {
        let numbers = signals.map(\.number)
        try Errno.check(unsafe martlet_watch_signals(numbers, Int32(numbers.count)))
        try SystemThread(name: "signals") {
            while true {
                let number = martlet_next_signal()
                precondition(number > 0, "the pipe of the signals stays open")
                if let signal = signals.first(where: { $0.number == number }) { handler(signal) }
            }
        }.detach()
    }
}
