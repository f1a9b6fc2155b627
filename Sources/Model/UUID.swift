/// 128 bits, most significant half first. Shown as Kafka shows it: url-safe base64 without padding.
public struct UUID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// All zero, which stands for "none".
    public static let zero = UUID(high: 0, low: 0)

    /// Whether this stands for "none".
    @inlinable public var isZero: Bool { high == 0 && low == 0 }

    /// A random UUID of version 4 that is none of the reserved ones and whose text does not begin with a
    /// dash (a tool would take it for a flag).
    public static func random(_ next: () -> UInt64) -> UUID {
        while true {
            let id = UUID(
                high: (next() & 0xffff_ffff_ffff_0fff) | 0x4000,
                low: (next() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000)
            if !id.isReserved, !id.description.hasPrefix("-") { return id }
        }
    }

    /// The first hundred values are never handed out (KIP-516, KIP-858).
    public var isReserved: Bool { high == 0 && low < 100 }

    /// Parses 22 characters of url-safe base64; nil if they are anything else.
    public init?(_ text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 22 else { return nil }
        var bits: [UInt8] = []
        bits.reserveCapacity(18)
        var group: UInt32 = 0
        for (index, character) in characters.enumerated() {
            guard let value = Self.value(of: character) else { return nil }
            group = group << 6 | UInt32(value)
            if index % 4 == 3 {
                bits += [UInt8(group >> 16 & 0xff), UInt8(group >> 8 & 0xff), UInt8(group & 0xff)]
                group = 0
            }
        }
        // Two characters are left: twelve bits, of which the lowest four are padding.
        guard group & 0x0f == 0 else { return nil }
        bits.append(UInt8(group >> 4 & 0xff))
        self.init(
            high: bits[0..<8].reduce(0) { $0 << 8 | UInt64($1) },
            low: bits[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

extension UUID: CustomStringConvertible {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    public var description: String {
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
        bytes += [0, 0]
        var text: [UInt8] = []
        for at in stride(from: 0, to: 18, by: 3) {
            let group = UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2])
            for shift in [18, 12, 6, 0] { text.append(Self.alphabet[Int(group >> shift & 63)]) }
        }
        return String(decoding: text.prefix(22), as: UTF8.self)
    }
}

/// A topic's identity for life: a topic made anew under the same name has another (KIP-516).
public struct TopicID: Hashable, Sendable, CustomStringConvertible {
    public let uuid: UUID
    @inlinable public init(_ uuid: UUID) { self.uuid = uuid }
    public var description: String { uuid.description }

    /// All zero: the topic is named, not identified.
    public static let zero = TopicID(.zero)
    /// The id of `__cluster_metadata`.
    public static let metadata = TopicID(UUID(high: 0, low: 1))
}

/// A log directory's identity: a wiped disk is a new directory (KIP-853, KIP-858).
public struct DirectoryID: Hashable, Sendable, CustomStringConvertible {
    public let uuid: UUID
    @inlinable public init(_ uuid: UUID) { self.uuid = uuid }
    public var description: String { uuid.description }

    /// The replica is not assigned to a directory yet.
    public static let unassigned = DirectoryID(.zero)
    /// The replica's directory is offline.
    public static let lost = DirectoryID(UUID(high: 0, low: 1))
    /// Written by a version without directory ids.
    public static let migrating = DirectoryID(UUID(high: 0, low: 2))
}
