internal import Bytes
internal import Model

/// A file on a simulated disk, whatever its names: what programs see, and what would survive.
final class DiskFile {
    /// What was done to the file since it was last synced.
    enum Change {
        case wrote(SharedBytes, at: Int)
        case resized(to: Int)
    }

    static let sectorBytes = 512

    let number: UInt64
    private(set) var content = Extents()
    private var durable = Extents() { didSet { durableVersion += 1 } }
    /// Raised with each change of what is durable.
    private(set) var durableVersion = 0
    private var changes: [Change] = []
    /// Number of changes that are durable.
    private var changesDurable = 0
    /// From where on the content, and the durable content, are others than when they were last looked at.
    private var dirtyFrom = 0
    private var durablyDirtyFrom = 0

    init(number: UInt64) { self.number = number }

    func write(_ bytes: SharedBytes, at offset: Int) {
        content.write(bytes, at: offset)
        dirtyFrom = min(dirtyFrom, offset)
        changes.append(.wrote(bytes, at: offset))
    }

    func resize(to size: Int) {
        guard size != content.size else { return }
        dirtyFrom = min(dirtyFrom, size, content.size)
        content.resize(to: size)
        changes.append(.resized(to: size))
    }

    // MARK: Damage

    /// The platter forgets: one bit of what is durable is another from now on. Whether there was such a byte.
    func flipBit(_ bit: Int, at offset: Int) -> Bool {
        guard offset < durable.size else { return false }
        let flipped = durable.read(at: offset, count: 1)[0] ^ (1 << UInt8(bit & 7))
        durable.write(SharedBytes([flipped]), at: offset)
        dirtyFrom = min(dirtyFrom, offset)
        durablyDirtyFrom = min(durablyDirtyFrom, offset)
        if offset < content.size { content.write(SharedBytes([flipped]), at: offset) }
        return true
    }

    /// What is there now is all that is durable: somebody changed the file while nobody looked.
    func settle(at size: Int) {
        content.resize(to: size)
        durable = content
        dirtyFrom = 0
        durablyDirtyFrom = 0
        changesDurable += changes.count
        changes = []
    }

    /// What a power loss could not take.
    var durableContent: Extents { durable }

    /// Everything that was done to it is durable.
    var isDurable: Bool { changes.isEmpty }

    // MARK: Being looked at

    /// From where on the content changed since this was last asked; for the one who follows the file.
    func takeDirt() -> Int {
        defer { dirtyFrom = .max }
        return dirtyFrom
    }

    /// The same for the durable content.
    func takeDurableDirt() -> Int {
        defer { durablyDirtyFrom = .max }
        return durablyDirtyFrom
    }

    // MARK: Syncs

    /// What a sync that begins now will make durable.
    struct Mark {
        fileprivate let content: Extents
        fileprivate let changes: Int
    }

    var mark: Mark { Mark(content: content, changes: changesDurable + changes.count) }

    func synced(_ mark: Mark) {
        guard mark.changes > changesDurable else { return }
        durable = mark.content
        let count = mark.changes - changesDurable
        for change in changes[..<count] {
            switch change {
            case .wrote(_, let offset): durablyDirtyFrom = min(durablyDirtyFrom, offset)
            case .resized(let size): durablyDirtyFrom = min(durablyDirtyFrom, size)
            }
        }
        changes.removeFirst(count)
        changesDurable = mark.changes
    }

    /// What the platter holds after a power loss: of what was not synced nothing, all, whole sectors in any
    /// choice, or everything up to the middle of one write.
    func survivor(_ random: inout PRNG) -> DiskFile {
        let file = DiskFile(number: number)
        var left = durable
        if !changes.isEmpty {
            switch random.below(4) {
            case 0: break
            case 1: left = content
            case 2: keepSectors(&left, &random)
            default: keepPrefix(&left, &random)
            }
        }
        file.content = left
        file.durable = left
        return file
    }

    private func keepSectors(_ left: inout Extents, _ random: inout PRNG) {
        for change in changes {
            switch change {
            case .resized(let size):
                // Blocks that a cut freed are not those written later: what follows is lost with it.
                guard random.below(2) == 0 else { return }
                left.resize(to: size)
            case .wrote(let bytes, let offset):
                var place = 0
                while place < bytes.count {
                    let toBoundary = Self.sectorBytes - (offset + place) % Self.sectorBytes
                    let end = min(bytes.count, place + toBoundary)
                    if random.below(2) == 0 { left.write(bytes[place..<end], at: offset + place) }
                    place = end
                }
            }
        }
    }

    private func keepPrefix(_ left: inout Extents, _ random: inout PRNG) {
        let whole = random.below(changes.count)
        for change in changes[..<whole] { apply(change, to: &left) }
        guard case .wrote(let bytes, let offset) = changes[whole] else { return }
        left.write(bytes[0..<random.below(bytes.count + 1)], at: offset)
    }

    private func apply(_ change: Change, to extents: inout Extents) {
        switch change {
        case .wrote(let bytes, let offset): extents.write(bytes, at: offset)
        case .resized(let size): extents.resize(to: size)
        }
    }
}

/// A directory: the names programs see, and those that would survive.
final class DiskDirectory {
    let number: UInt64
    var entries: [String: DiskEntry] = [:] { didSet { version += 1 } }
    var durable: [String: DiskEntry] = [:] { didSet { version += 1 } }
    /// Raised with each change of names.
    private(set) var version = 1

    init(number: UInt64) { self.number = number }
}

enum DiskEntry {
    case file(DiskFile)
    case directory(DiskDirectory)

    var number: UInt64 {
        switch self {
        case .file(let file): file.number
        case .directory(let directory): directory.number
        }
    }
}

/// One change of names. A rename is one: after a power loss it happened or it did not.
struct NameChange {
    struct Name {
        let directory: DiskDirectory
        let name: String
    }

    /// Where the entry goes away, if it is still that one.
    var removed: Name?
    /// Where it appears.
    var added: Name?
    let entry: DiskEntry

    func touches(_ directory: DiskDirectory) -> Bool {
        removed?.directory === directory || added?.directory === directory
    }

    func applyDurably() {
        if let removed, removed.directory.durable[removed.name]?.number == entry.number {
            removed.directory.durable[removed.name] = nil
        }
        if let added { added.directory.durable[added.name] = entry }
    }
}
