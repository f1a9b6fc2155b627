package import Bytes

/// What happens to a disk behind the back of those who use it, and looking at it from outside. Paths are those
/// a process uses; the host's own process need not run.
extension SimulatedDisk {
    /// All files, in the order of their names.
    package var paths: [String] {
        var found: [String] = []
        collect(root, "", &found)
        return found
    }

    private func collect(_ directory: DiskDirectory, _ path: String, _ found: inout [String]) {
        for (name, entry) in directory.entries.sorted(by: { $0.key < $1.key }) {
            switch entry {
            case .file: found.append("\(path)/\(name)")
            case .directory(let inner): collect(inner, "\(path)/\(name)", &found)
            }
        }
    }

    func file(at path: String) -> DiskFile? {
        guard case .file(let file)? = entry(at: path) else { return nil }
        return file
    }

    /// What a process would read; nil if there is no such file.
    package func bytes(of path: String) -> SharedBytes? {
        file(at: path).map { $0.content.read(at: 0, count: $0.content.size) }
    }

    /// What is certain to be left of a file after a power loss; nil if there is no such file.
    package func durableBytes(of path: String) -> SharedBytes? {
        file(at: path).map { $0.durableContent.read(at: 0, count: $0.durableContent.size) }
    }

    /// Flips a bit at rest. Whether there was such a durable byte.
    @discardableResult
    package func flipBit(_ bit: Int, ofByte offset: Int, in path: String) -> Bool {
        guard let file = file(at: path), file.flipBit(bit, at: offset) else { return false }
        damageCount += 1
        time.trace.note(.fault, 2, file.number, UInt64(offset), UInt64(bit), at: time.now)
        return true
    }

    /// Makes a file `size` bytes long, durably.
    package func resize(_ path: String, to size: Int) {
        guard let file = file(at: path) else { return }
        file.settle(at: size)
        damageCount += 1
        time.trace.note(.fault, 3, file.number, UInt64(size), at: time.now)
    }

    /// Removes a file, durably.
    package func remove(_ path: String) {
        guard let place = place(of: path), let entry = place.directory.entries[place.name] else {
            return
        }
        let removal = NameChange(removed: place, entry: entry)
        place.directory.entries[place.name] = nil
        removal.applyDurably()
        time.trace.note(.fault, 4, entry.number, at: time.now)
    }
}
