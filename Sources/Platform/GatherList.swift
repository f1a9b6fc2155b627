internal import Glibc

extension UnsafeMutableBufferPointer<iovec> {
    /// Passes over the first `count` bytes of a gather list that the kernel has taken.
    @unsafe
    mutating func dropFirst(bytes count: Int) {
        var rest = count
        var index = 0
        while unsafe index < self.count && rest >= self[index].iov_len {
            unsafe rest -= self[index].iov_len
            index += 1
        }
        unsafe self = UnsafeMutableBufferPointer(rebasing: self[index...])
        guard rest > 0 else { return }
        precondition(self.count > 0, "the kernel takes no more than it was given")
        unsafe self[0].iov_base += rest
        unsafe self[0].iov_len -= rest
    }
}
