internal import CPlatform
internal import Glibc
internal import Platform
internal import Ports

extension OwnedDescriptor {
    /// Takes and clears the socket's pending error; 0 if there is none.
    var pendingError: Int32 { martlet_socket_error(raw) }

    /// Sets what every stream socket here has: answers leave at once, dead peers are found, sizes
    /// as wished.
    borrowing func set(_ options: SocketOptions, congestionControl: String?) throws(Errno) {
        try Errno.check(martlet_set_no_delay(raw))
        try Errno.check(martlet_set_keep_alive(raw))
        if options.sendBufferBytes > 0 {
            try set(SOL_SOCKET, SO_SNDBUF, options.sendBufferBytes)
        }
        if options.receiveBufferBytes > 0 {
            try set(SOL_SOCKET, SO_RCVBUF, options.receiveBufferBytes)
        }
        if let congestionControl {
            try Errno.check(unsafe martlet_set_congestion_control(raw, congestionControl))
        }
    }

    /// Sets an option that is a number.
    borrowing func set(_ level: Int32, _ option: Int32, _ value: Int) throws(Errno) {
        let value = Int32(clamping: value)
        try Errno.check(martlet_set_option(raw, level, option, value))
    }
}
