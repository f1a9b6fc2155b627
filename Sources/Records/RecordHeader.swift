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

extension RecordHeader {
    /// Reads one header as it lies in a record.
    init(from reader: inout ByteReader) throws(DecodeError) {
        let key = try reader.bytes(Int(try reader.varint()))
        let count = Int(try reader.varint())
        self.init(key: key, value: count < 0 ? nil : try reader.bytes(count))
    }

    /// Headers as they lie in a record, behind their count.
    static func encoded(_ headers: [RecordHeader]) -> SharedBytes {
        guard !headers.isEmpty else { return .empty }
        var writer = ByteWriter(capacity: headers.count * 16)
        for header in headers {
            writer.varint(Int32(header.key.count))
            writer.bytes(header.key)
            writer.varint(Int32(header.value?.count ?? -1))
            if let value = header.value { writer.bytes(value) }
        }
        return writer.finish()
    }
}
