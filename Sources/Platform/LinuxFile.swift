package import Bytes
internal import CPlatform
internal import Glibc
internal import Model
package import Ports
internal import Synchronization

/// An open file of Linux.
///
/// Any thread may use it at any time. `close` takes effect once running calls, and sends that a
/// connection still has queued, have ended: each of them counts as a use, and the descriptor lives
/// as long as one does. The page cache is the buffer: nothing is kept here.
package final class LinuxFile: File {
    /// The most parts one system call takes.
    static let partsMax = Int(MARTLET_PARTS_MAX)
    /// Reads longer than this look at the file's length before they allocate.
    private static let trustedReadLength = 1 << 16
    private static let pageSize = Int64(sysconf(Int32(_SC_PAGESIZE)))

    package let path: String
    /// The device that holds the file, to know which disk a wait belongs to.
    package let device: UInt64
    private let raw: Int32
    private let uses = UseCount()
    /// Whether what comes from the disk is remembered until somebody has checked it.
    private let isWatched = Atomic<Bool>(false)
    private let unchecked = Mutex(UncheckedRanges())
    /// Whether there is any, for those who send what is in memory.
    private let hasUnchecked = Atomic<Bool>(false)

    /// Takes over an open descriptor.
    init(adopting raw: Int32, path: String) throws(FileError) {
        self.path = path
        self.raw = raw
        var facts = stat()
        guard unsafe fstat(raw, &facts) == 0 else {
            let error = lastError("stat", path)
            _ = Glibc.close(raw)
            throw error
        }
        device = UInt64(facts.st_dev)
    }

    deinit { if !uses.isEnded { closeDescriptor() } }

    // MARK: Uses

    /// Begins a use that outlasts a call: until it ends, `close` does not take effect. Nil if the
    /// file is closed already.
    package func use() -> FileUse? { beginUse() ? FileUse(self) : nil }

    private func beginUse() -> Bool {
        if uses.begin() { return true }
        endUse()
        return false
    }

    func endUse() {
        if uses.end() { closeDescriptor() }
    }

    /// Runs one call on the descriptor, or throws if the file is closed.
    @discardableResult
    private func using<R>(
        _ operation: String, _ body: (Int32) throws(FileError) -> R
    ) throws(FileError) -> R {
        guard beginUse() else {
            throw FileError(.failed, operation: operation, path: path, reason: "File is closed")
        }
        defer { endUse() }
        return try body(raw)
    }

    package func close() {
        if uses.close() { closeDescriptor() }
    }

    /// With the file goes what is remembered of it: the kernel forgets what nobody has checked, too.
    private func closeDescriptor() {
        for range in unchecked.withLock({ $0.ranges }) {
            martlet_forget_pages(raw, range.lowerBound, Int64(range.count))
        }
        _ = Glibc.close(raw)
    }

    // MARK: Reading

    package func size() throws(FileError) -> Int64 {
        try using("stat") { _ throws(FileError) in try sizeInUse() }
    }

    private func sizeInUse() throws(FileError) -> Int64 {
        var facts = stat()
        guard unsafe fstat(raw, &facts) == 0 else { throw lastError("stat", path) }
        return Int64(facts.st_size)
    }

    package func read(at offset: Int64, count: Int) throws(FileError) -> SharedBytes {
        try using("read") { _ throws(FileError) in try readInUse(at: offset, count: count) }
    }

    func readInUse(at offset: Int64, count: Int) throws(FileError) -> SharedBytes {
        precondition(offset >= 0, "a file begins at 0")
        precondition(count >= 0, "a count")
        var count = count
        if count > Self.trustedReadLength {
            count = Int(min(Int64(count), max(0, try sizeInUse() - offset)))
        }
        guard count > 0 else { return .empty }
        let storage = ByteStorage(capacity: count)
        // SAFETY: the kernel writes at most `count - filled` bytes behind `filled`, inside the
        // block, which nobody else can see yet.
        guard let base = unsafe storage.unsafeMutableBytes.baseAddress else { return .empty }
        var filled = unsafe Self.readCached(raw, base, count: count, at: offset)
        if filled.isMissing {
            noteUnchecked(from: offset + Int64(filled.count), to: offset + Int64(count))
        }
        while filled.isMissing, filled.count < count {
            let answer = unsafe martlet_pread(
                raw, base + filled.count, count - filled.count, offset + Int64(filled.count))
            let got = try checked(answer, "read", path)
            if got == 0 { break }
            filled.count += got
        }
        return SharedBytes(storage, 0..<filled.count)
    }

    /// Reads what is in memory, and says whether the disk is needed for the rest.
    @unsafe
    private static func readCached(
        _ raw: Int32, _ base: UnsafeMutableRawPointer, count: Int, at offset: Int64
    ) -> (count: Int, isMissing: Bool) {
        var filled = 0
        while filled < count {
            let got = unsafe martlet_pread_cached(
                raw, base + filled, count - filled, offset + Int64(filled))
            // An error is the plain read's to tell.
            if got < 0 { return (filled, true) }
            if got == 0 { break }
            filled += Int(got)
        }
        return (filled, false)
    }

    // MARK: What nobody has checked

    package func watchDisk() {
        isWatched.store(true, ordering: .relaxed)
        martlet_read_only_what_is_asked(raw)
    }

    /// Before the disk is asked: pages count as cached before their bytes have come.
    private func noteUnchecked(from start: Int64, to end: Int64) {
        guard isWatched.load(ordering: .relaxed) else { return }
        let page = Self.pageSize
        let pages = start / page * page..<(end + page - 1) / page * page
        unchecked.withLock { $0.insert(pages) }
        hasUnchecked.store(true, ordering: .releasing)
    }

    package func noteChecked(_ range: Range<Int64>) {
        guard hasUnchecked.load(ordering: .relaxed) else { return }
        unchecked.withLock { unchecked in
            unchecked.remove(range)
            if unchecked.isEmpty { hasUnchecked.store(false, ordering: .relaxed) }
        }
    }

    private func isUnchecked(_ range: Range<Int64>) -> Bool {
        hasUnchecked.load(ordering: .acquiring) && unchecked.withLock { $0.overlaps(range) }
    }

    package func isResident(at offset: Int64, count: Int) -> Bool {
        guard beginUse() else { return false }
        defer { endUse() }
        return isResidentInUse(at: offset, count: count)
    }

    /// What the kernel counts as cached may be on its way still, if somebody reads it through another descriptor; what
    /// this one reads is unchecked until it has come. Kernels before 6.5 cannot count, and are asked to read.
    func isResidentInUse(at offset: Int64, count: Int) -> Bool {
        guard !isUnchecked(offset..<offset + Int64(count)) else { return false }
        switch martlet_is_cached(raw, offset, Int64(count)) {
        case 1: return true
        case 0 where isWatched.load(ordering: .relaxed): return false
        default: return martlet_is_resident(raw, offset, Int64(count)) == 1
        }
    }

    // MARK: Writing

    package func write(_ parts: [SharedBytes], at offset: Int64) throws(FileError) {
        precondition(offset >= 0, "a file begins at 0")
        try using("write") { raw throws(FileError) in
            var at = offset
            var next = 0
            while next < parts.count {
                let batch = next..<min(next + Self.partsMax, parts.count)
                at += try writeBatch(parts[batch], to: raw, at: at)
                next = batch.upperBound
            }
        }
    }

    /// Writes up to `partsMax` parts, going on after short writes, and answers with their length.
    private func writeBatch(
        _ parts: ArraySlice<SharedBytes>, to raw: Int32, at offset: Int64
    ) throws(FileError) -> Int64 {
        var written: Int64 = 0
        var failure: FileError?
        unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: parts.count) { list in
            var used = 0
            for part in parts where !part.isEmpty {
                // SAFETY: `parts` keeps every block alive until the last write below; the kernel
                // only reads.
                unsafe part.withUnsafeBytes { bytes in
                    unsafe list[used] = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                        iov_len: bytes.count)
                }
                used += 1
            }
            var pending = unsafe UnsafeMutableBufferPointer(rebasing: list[..<used])
            while let first = pending.baseAddress, pending.count > 0 {
                let answer = unsafe martlet_pwritev(
                    raw, first, Int32(pending.count), offset + written)
                guard answer > 0 else {
                    // Nothing written and no error: the device takes no more.
                    let code = answer == 0 ? ENOSPC : Int32(truncatingIfNeeded: -answer)
                    failure = FileError(Errno(code), operation: "write", path: path)
                    return
                }
                written += answer
                unsafe pending.dropFirst(bytes: Int(answer))
            }
        }
        if let failure { throw failure }
        return written
    }

    package func truncate(to size: Int64) throws(FileError) {
        precondition(size >= 0, "a length")
        try using("truncate") { raw throws(FileError) in
            var code: Int32
            repeat { code = ftruncate(raw, off_t(size)) } while code != 0 && errno == EINTR
            guard code == 0 else { throw lastError("truncate", path) }
        }
    }

    package func preallocate(upTo size: Int64) throws(FileError) {
        guard size > 0 else { return }
        try using("preallocate") { raw throws(FileError) in
            let answer = martlet_preallocate(raw, 0, size)
            // A file system without reservations is served without them.
            if answer == -EOPNOTSUPP || answer == -ENOSYS { return }
            try checked(Int64(answer), "preallocate", path)
        }
    }

    package func sync() throws(FileError) {
        try using("fdatasync") { raw throws(FileError) in
            try checked(Int64(martlet_fdatasync(raw)), "fdatasync", path)
        }
    }

    /// Has the kernel begin to write: several files, synced in turn, are then waited for together.
    func beginWritingBack() {
        do throws(FileError) {
            try using("sync_file_range") { raw throws(FileError) in martlet_begin_writing_back(raw)
            }
        } catch {
            // A closed file: the sync says so.
        }
    }

    // MARK: Sending

    func sendInUse(to socket: Int32, at offset: Int64, count: Int) throws(Errno) -> Int {
        try Errno.check(martlet_send_file(socket, raw, offset, count))
    }
}
