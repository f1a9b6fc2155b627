internal import CPlatform
internal import Glibc

/// This process, as the doors and the metrics see it.
package enum HostProcess {
    /// What the `process_…` metrics report.
    package struct Facts: Hashable, Sendable {
        /// Memory in RAM.
        package var residentBytes: Int64
        /// Processor time used since the start, in the kernel too.
        package var cpuTime: Duration
        package var openDescriptors: Int
        package var descriptorsMax: Int
    }

    /// Asks the kernel; some tens of microseconds, so not on a hot path.
    package static func facts() throws(Errno) -> Facts {
        Facts(
            residentBytes: Int64(try Errno.check(martlet_resident_bytes())),
            cpuTime: .nanoseconds(Int64(try Errno.check(martlet_cpu_nanoseconds()))),
            openDescriptors: try Errno.check(martlet_open_descriptor_count()),
            descriptorsMax: try Errno.check(martlet_descriptor_limit()))
    }

    /// Raises the soft limit of open descriptors to the hard one; the answer is the limit in force.
    @discardableResult
    package static func raiseDescriptorLimit() throws(Errno) -> Int {
        try Errno.check(martlet_raise_descriptor_limit())
    }

    /// Free memory that each of the allocator's heaps, one for each loop, keeps for its next blocks.
    private static let freedMemoryKept: Int32 = 16 << 20
    /// Blocks from this size on come from the kernel and go back to it.
    private static let largeBlock: Int32 = 4 << 20

    /// Has the allocator keep what was freed. By default it gives the blocks of large requests back to the
    /// kernel as soon as they are free, and pays a page fault for every 4 KiB of the next one.
    package static func keepFreedMemory() {
        martlet_keep_freed_memory(freedMemoryKept, largeBlock)
    }

    /// This process's number.
    package static var id: Int32 { getpid() }

    /// Sends SIGTERM to another process.
    package static func terminate(_ process: Int32) throws(Errno) {
        try Errno.check(martlet_kill(process, SIGTERM))
    }

    /// Processors this process may run on: the default number of loops.
    package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The machine's name, as others may know it.
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let text = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return String(decoding: text, as: UTF8.self)
    }

    /// The path of the running program, to start it again as another tool.
    package static func executablePath() throws(Errno) -> String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try Errno.check(unsafe martlet_executable_path(&path, path.count))
        let text = path.prefix(count).map(UInt8.init(bitPattern:))
        return String(decoding: text, as: UTF8.self)
    }

    /// The variables that the process was started with.
    package static var environment: [String: String] {
        var variables: [String: String] = [:]
        // SAFETY: the list is the kernel's, ends with a null, and nothing here changes the environment.
        guard var entry = unsafe martlet_environment() else { return variables }
        while let text = unsafe entry.pointee {
            let line = unsafe String(cString: text)
            if let mark = line.firstIndex(of: "=") {
                variables[String(line[..<mark])] = String(line[line.index(after: mark)...])
            }
            unsafe entry += 1
        }
        return variables
    }

    /// Makes this process another program; it keeps its number, its streams and its environment. The first of
    /// `arguments` is the name it is called under. Returns only by an error.
    package static func become(path: String, arguments: [String]) throws(Errno) -> Never {
        // SAFETY: the copies live until the kernel has taken them over, and end with a null.
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { unsafe free($0) } }
        try Errno.check(unsafe martlet_become(path, words))
        preconditionFailure("a process that has become another runs no further here")
    }

    /// Ends the process at once. What must be flushed or closed has been.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

    /// The kernel ends this process (SIGALRM) unless it is told another time before so many seconds are
    /// over: for programs that must not hang, whatever they do.
    package static func endAfter(seconds: UInt32) { _ = alarm(seconds) }

    /// Writes text to standard error in one call, so that lines of several threads do not mix. What
    /// the reader of a closed pipe does not take is lost: there is nowhere left to complain.
    package static func writeError(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = unsafe bytes[...]
            while unsafe !rest.isEmpty {
                let part = unsafe UnsafeBufferPointer(rebasing: rest)
                let written = unsafe write(STDERR_FILENO, part.baseAddress, part.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                unsafe rest = rest.dropFirst(written)
            }
        }
    }
}
