/// How the records of a batch are packed: bits 0 to 2 of its attributes (KIP-98, KIP-110).
public enum CompressionCodec: UInt8, Hashable, Sendable, CaseIterable {
    case none = 0
    case gzip = 1
    case snappy = 2
    case lz4 = 3
    case zstd = 4

    /// The name that `compression.type` uses.
    public var name: String {
        switch self {
        case .none: "none"
        case .gzip: "gzip"
        case .snappy: "snappy"
        case .lz4: "lz4"
        case .zstd: "zstd"
        }
    }

    /// The codec of that name in `compression.type`; nil for any other, `producer` and
    /// `uncompressed` included.
    public init?(name: String) {
        guard let codec = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = codec
    }
}
