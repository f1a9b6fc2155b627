public import Bytes

/// A key and a value that an application attached to a record (KIP-82). Keys may repeat.
public struct RecordHeader: Hashable, Sendable {
    /// UTF-8 by agreement; a broker does not look.
    public let key: SharedBytes
    public let value: SharedBytes?

    public init(key: SharedBytes, value: SharedBytes?) {
        self.key = key
        self.value = value
    }

    /// A header with a key made of text.
    public init(_ key: String, value: SharedBytes?) {
        self.init(key: SharedBytes(utf8: key), value: value)
    }
}
