internal import Glibc

/// Standard input's terminal, read key by key and without an echo, until it is restored.
package struct TerminalMode: ~Copyable {
    private let before: termios

    /// Takes over the terminal. Fails where standard input is none.
    package init() throws(Errno) {
        let found = try Self.current()
        var mode = found
        mode.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        mode.c_iflag &= ~tcflag_t(ICRNL | IXON)
        // SAFETY: the kernel reads a value that lives here.
        _ = try Errno.check(unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &mode))
        before = found
    }

    private static func current() throws(Errno) -> termios {
        var mode = termios()
        // SAFETY: the kernel writes into a value that lives here.
        _ = try Errno.check(unsafe tcgetattr(STDIN_FILENO, &mode))
        return mode
    }

    /// Gives the terminal back as it was. If that fails the terminal is gone.
    package borrowing func restore() {
        var mode = before
        // SAFETY: as above.
        _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }
}
