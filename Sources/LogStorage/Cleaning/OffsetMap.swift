internal import Bytes
internal import Model

/// The newest offset of each key of the part of a log that is about to be compacted.
///
/// Keys stand as fingerprints, so that a slot takes 24 bytes whatever their length. It grows as it fills,
/// up to a limit, and then says that it is full: what lies behind is left to the next cleaning.
struct OffsetMap {
    /// Bytes of a slot: a fingerprint and an offset.
    static let slotSize = 24
    private static let slotsMin = 1024

    private struct Slot {
        var fingerprint: KeyFingerprint
        /// -1 in a free slot.
        var offset: Int64
    }

    /// The offset up to which records were entered; -1 before the first.
    private(set) var latestOffset = Offset.none
    private(set) var count = 0

    private let secret: KeyFingerprint.Secret
    private let countMax: Int
    private let loadFactor: Double
    private var slots: [Slot]
    private let free: Slot

    /// - Parameters:
    ///   - bytesMax: the most memory it may take (`log.cleaner.dedupe.buffer.size`).
    ///   - loadFactor: the share of the slots that may be taken (`log.cleaner.io.buffer.load.factor`).
    init(bytesMax: Int, loadFactor: Double, secret: KeyFingerprint.Secret) {
        self.secret = secret
        self.loadFactor = min(max(loadFactor, 0.1), 0.95)
        let slotsMax = max(bytesMax / Self.slotSize, Self.slotsMin)
        countMax = max(1, Int(Double(slotsMax) * self.loadFactor))
        free = Slot(fingerprint: KeyFingerprint(of: .empty, secret), offset: -1)
        slots = Array(repeating: free, count: Self.slotsMin)
    }

    var isFull: Bool { count >= countMax }

    /// Enters a record, which lies behind all entered before. False, and nothing is entered, if the key is new
    /// and there is no room for it.
    mutating func put(_ key: SharedBytes, at offset: Offset) -> Bool {
        let fingerprint = KeyFingerprint(of: key, secret)
        var index = self.index(of: fingerprint)
        if slots[index].offset < 0 {
            guard !isFull else { return false }
            if Double(count + 1) > Double(slots.count) * loadFactor {
                grow()
                index = self.index(of: fingerprint)
            }
            count += 1
        }
        slots[index] = Slot(fingerprint: fingerprint, offset: offset.rawValue)
        latestOffset = offset
        return true
    }

    /// Records without a place here, up to `offset`, were seen too.
    mutating func reach(_ offset: Offset) { latestOffset = max(latestOffset, offset) }

    /// The newest offset of a key, nil if it was not seen.
    func offset(of key: SharedBytes) -> Offset? {
        let slot = slots[index(of: KeyFingerprint(of: key, secret))]
        return slot.offset < 0 ? nil : Offset(slot.offset)
    }

    /// Where a fingerprint stands, or would.
    private func index(of fingerprint: KeyFingerprint) -> Int {
        var index = Int(fingerprint.low % UInt64(slots.count))
        while slots[index].offset >= 0, slots[index].fingerprint != fingerprint {
            index = index + 1 == slots.count ? 0 : index + 1
        }
        return index
    }

    private mutating func grow() {
        let slotsMax = Int(Double(countMax) / loadFactor) + 1
        let old = slots
        slots = Array(repeating: free, count: max(old.count + 1, min(old.count * 2, slotsMax)))
        for slot in old where slot.offset >= 0 { slots[index(of: slot.fingerprint)] = slot }
    }
}
