internal import Bytes
internal import Glibc
internal import Platform
internal import Ports

/// What a connection has still to send, in order.
///
/// Each queued piece of a file holds a use of it, so that a segment closed meanwhile stays readable
/// until the piece has left.
struct SendQueue {
    private enum Item {
        case bytes(SharedBytes)
        case file(FileUse, FileRange)
        /// A file of another kind, or one that is closed: read like a cold one, or found to fail
        /// there.
        case other(any File, FileRange)
    }

    /// What comes next.
    enum Next {
        case nothing
        case bytes
        case file(FileUse, FileRange)
        case other(any File, FileRange)
    }

    /// A spent item is nil, so that what it held is free at once.
    private var items: [Item?] = []
    private var head = 0
    /// Bytes of the first item, if it is bytes, that the kernel has taken.
    private var sentOfHead = 0
    /// Bytes not yet taken.
    private(set) var byteCount = 0

    var isEmpty: Bool { head == items.count }

    mutating func append(_ pieces: [OutgoingPiece]) {
        for piece in pieces {
            guard piece.count > 0 else { continue }
            byteCount += piece.count
            switch piece {
            case .bytes(let bytes): items.append(.bytes(bytes))
            case .file(let file, let offset, let count, let check):
                precondition(offset >= 0, "a file begins at 0")
                let range = FileRange(offset: offset, count: count, check: check, unit: offset)
                if let use = (file as? LinuxFile)?.use() {
                    items.append(.file(use, range))
                } else {
                    items.append(.other(file, range))
                }
            }
        }
    }

    var next: Next {
        guard head < items.count else { return .nothing }
        switch items[head] {
        case .bytes: return .bytes
        case .file(let file, let range): return .file(file, range)
        case .other(let file, let range): return .other(file, range)
        case nil: preconditionFailure("the head of the queue is not spent")
        }
    }

    /// Lists the bytes up to the next piece of a file. The pointers hold while the queue is not
    /// changed.
    @unsafe
    func gather(
        _ parts: UnsafeMutablePointer<iovec>, limit: Int
    ) -> (count: Int, size: Int, moreFollows: Bool) {
        var count = 0
        var size = 0
        var index = head
        var skip = sentOfHead
        while count < limit, index < items.count, case .bytes(let bytes) = items[index] {
            unsafe bytes.withUnsafeBytes { buffer in
                unsafe parts[count] = iovec(
                    iov_base: UnsafeMutableRawPointer(
                        mutating: buffer.baseAddress.map { unsafe $0 + skip }),
                    iov_len: buffer.count - skip)
            }
            size += bytes.count - skip
            skip = 0
            count += 1
            index += 1
        }
        return (count, size, index < items.count)
    }

    /// Passes over bytes that the kernel has taken from the head on.
    mutating func advance(bytes count: Int) {
        byteCount -= count
        var rest = count
        while rest > 0 {
            guard head < items.count, case .bytes(let bytes) = items[head] else {
                preconditionFailure("the kernel takes no more than it was given")
            }
            let left = bytes.count - sentOfHead
            guard rest >= left else {
                sentOfHead += rest
                return
            }
            rest -= left
            sentOfHead = 0
            dropHead()
        }
    }

    /// Passes over part of the file at the head, which the kernel has taken.
    mutating func advanceFile(by sent: Int) {
        byteCount -= sent
        shortenFile(by: sent)
    }

    /// Puts bytes read from the file at the head in front of what is left of it, which begins with a unit if they
    /// were checked.
    mutating func replaceFile(by bytes: SharedBytes, wereChecked: Bool) {
        shortenFile(by: bytes.count, toUnit: wereChecked)
        if head > 0 {
            head -= 1
            items[head] = .bytes(bytes)
        } else {
            items.insert(.bytes(bytes), at: 0)
        }
    }

    private mutating func shortenFile(by taken: Int, toUnit isUnit: Bool = false) {
        switch items[head] {
        case .file(let file, let range):
            items[head] = range.without(taken, isUnit).map { .file(file, $0) }
        case .other(let file, let range):
            items[head] = range.without(taken, isUnit).map { .other(file, $0) }
        case .bytes, nil: preconditionFailure("the head of the queue is a file")
        }
        if items[head] == nil { dropHead() }
    }

    private mutating func dropHead() {
        items[head] = nil
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: items.capacity <= 1024)
            head = 0
        } else if head >= 1024, head > items.count / 2 {
            items.removeSubrange(..<head)
            head = 0
        }
    }

    /// Lets go of everything.
    mutating func discardAll() { self = SendQueue() }
}
