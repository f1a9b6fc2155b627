internal import Bytes
package import Model
internal import Ports

/// The disk of one host. It outlives the processes that use it, and tells what a power loss leaves.
///
/// Nothing is durable before it was synced: bytes of a file by `sync` of the file, names by `syncDirectory`
/// of the directory they stand in. A process that is killed loses nothing.
package final class SimulatedDisk: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    let time: VirtualTime
    private var random: PRNG
    private(set) var root = DiskDirectory(number: 0) { didSet { directories = [:] } }
    /// Directories by path, until one of them is made, moved or removed: they are asked for all the time.
    private var directories: [String: DiskDirectory] = [:]
    private var nextNumber: UInt64 = 1
    private var nameChanges: [NameChange] = []
    private var locks: [String: SimulatedProcess] = [:]

    /// How long a sync takes, in microseconds; one in forty takes thirty times as long.
    package var syncLength = usualSyncLength
    private static let usualSyncLength = 60...600
    /// Syncs that began do not end before.
    package private(set) var stalledUntil = Instant.zero
    /// Writes find no room.
    package var isFull = false
    /// How often its files were changed by nobody's program.
    var damageCount = 0
    /// Syncs fail.
    package var failsSyncs = false
    /// Directories of which syncs fail, while the others are well: a disk of several.
    package var failingDirectories: Set<String> = []
    /// Syncs are said to have succeeded, and nothing is durable.
    package var liesAboutSyncs = false

    /// The power fails in the middle of the operation with this number from now on.
    private var operationsLeft: Int?
    private var whenPowerFails: (() -> Void)?
    /// What the power loss left, once it came in the middle of an event.
    private var survivors: DiskDirectory?

    package init(time: VirtualTime, seed: UInt64) {
        self.time = time
        random = PRNG(seed: seed)
    }

    // MARK: Faults

    /// Nothing is wrong with the disk any more, and its power will not fail.
    package func recover() {
        operationsLeft = nil
        whenPowerFails = nil
        stalledUntil = min(stalledUntil, time.now)
        syncLength = Self.usualSyncLength
        isFull = false
        failsSyncs = false
        failingDirectories = []
        liesAboutSyncs = false
    }

    /// Syncs hang for so long.
    package func stall(for length: Duration) { stalledUntil = time.now + length }

    /// After `count` more changes the power fails; `then` must end the host's processes at once.
    package func losePower(afterOperations count: Int, then: @escaping () -> Void) {
        operationsLeft = count
        whenPowerFails = then
    }

    /// The power is gone: what is not durable is lost, wholly or partly.
    package func losePower() {
        operationsLeft = nil
        whenPowerFails = nil
        root = survivors ?? survive()
        survivors = nil
        nameChanges = []
        locks = [:]
    }

    /// The process for which a power failure was on its way is gone: the failure does not come, and nothing of
    /// the state that it would have left is shown at a later one.
    package func forgetPowerFailure() {
        operationsLeft = nil
        whenPowerFails = nil
        survivors = nil
    }

    /// Counts a change.
    func noteOperation() {
        guard let left = operationsLeft else { return }
        guard left == 0 else {
            operationsLeft = left - 1
            return
        }
        operationsLeft = nil
        survivors = survive()
        whenPowerFails?()
        whenPowerFails = nil
    }

    /// The disk is exchanged for an empty one, while nothing runs on its host.
    ///
    /// - Returns: what was taken out, for those who want to look at it.
    @discardableResult
    package func wipe() -> SimulatedDisk {
        forgetPowerFailure()
        let former = SimulatedDisk(time: time, seed: 0)
        former.root = root
        root = DiskDirectory(number: 0)
        nameChanges = []
        locks = [:]
        time.trace.note(.fault, 1, at: time.now)
        return former
    }

    private func survive() -> DiskDirectory {
        let mode = random.below(3)
        let prefix = nameChanges.isEmpty ? 0 : random.below(nameChanges.count + 1)
        // Journals keep the order of names within a directory: what follows a lost change there is lost too.
        var ended: [DiskDirectory] = []
        for (index, change) in nameChanges.enumerated() {
            let isKept =
                switch mode {
                case 0: false
                case 1: index < prefix
                default: !ended.contains { change.touches($0) } && random.below(4) > 0
                }
            if isKept {
                change.applyDurably()
            } else {
                ended += [change.removed?.directory, change.added?.directory].compactMap { $0 }
            }
        }
        let left = survivor(of: root)
        time.trace.note(.loss, left.number, UInt64(mode), UInt64(prefix), at: time.now)
        return left
    }

    private func survivor(of directory: DiskDirectory) -> DiskDirectory {
        let copy = DiskDirectory(number: directory.number)
        for (name, entry) in directory.durable.sorted(by: { $0.key < $1.key }) {
            let kept: DiskEntry =
                switch entry {
                case .file(let file): .file(file.survivor(&random))
                case .directory(let inner): .directory(survivor(of: inner))
                }
            copy.entries[name] = kept
        }
        copy.durable = copy.entries
        return copy
    }

    // MARK: Syncs

    /// How long a sync that begins now takes.
    func drawSyncLength() -> Duration {
        let length = time.microseconds(syncLength)
        let whole = time.draw(0...39) == 0 ? length * 30 : length
        return stalledUntil > time.now ? (stalledUntil - time.now) + whole : whole
    }

    // MARK: Names

    func makeNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }

    static func components(_ path: String) -> [Substring] { path.split(separator: "/") }

    func entry(at path: String) -> DiskEntry? {
        var place = DiskEntry.directory(root)
        for name in Self.components(path) {
            guard case .directory(let directory) = place else { return nil }
            guard let next = directory.entries[String(name)] else { return nil }
            place = next
        }
        return place
    }

    func directory(at path: String) -> DiskDirectory? {
        if let known = directories[path] { return known }
        guard case .directory(let directory)? = entry(at: path) else { return nil }
        directories[path] = directory
        return directory
    }

    /// The directory in which `path` stands, and its name there.
    func place(of path: String) -> NameChange.Name? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        guard let parent = directory(at: String(path[..<slash])) else { return nil }
        return NameChange.Name(
            directory: parent, name: String(path[path.index(after: slash)...]))
    }

    /// Changes names as programs see them; durable after the directory was synced.
    func change(_ change: NameChange) {
        if case .directory = change.entry { directories = [:] }
        if let removed = change.removed { removed.directory.entries[removed.name] = nil }
        if let added = change.added { added.directory.entries[added.name] = change.entry }
        nameChanges.append(change)
        time.trace.note(.directory, change.entry.number, at: time.now)
        noteOperation()
    }

    func synced(_ directory: DiskDirectory) {
        guard !liesAboutSyncs else { return noteOperation() }
        for change in nameChanges where change.touches(directory) { change.applyDurably() }
        nameChanges.removeAll { $0.touches(directory) }
        time.trace.note(.sync, directory.number, at: time.now)
        noteOperation()
    }

    // MARK: Locks

    func lock(_ path: String, for process: SimulatedProcess) -> Bool {
        if let holder = locks[path], holder.isAlive { return false }
        locks[path] = process
        return true
    }

    func unlock(_ path: String, for process: SimulatedProcess) {
        if locks[path] === process { locks[path] = nil }
    }
}
