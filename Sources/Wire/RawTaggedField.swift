public import Bytes

/// A tagged field that this build has no name for. It is kept, and written back.
public struct RawTaggedField: Hashable, Sendable {
    public var tag: UInt32
    public var data: SharedBytes

    public init(tag: UInt32, data: SharedBytes) {
        self.tag = tag
        self.data = data
    }
}

extension ByteReader {
    /// The number of fields in the tagged section that begins here.
    public mutating func taggedFieldCount() throws(DecodeError) -> Int {
        let count = Int(try unsignedVarint())
        // A field takes a tag and a size at least.
        if count > 0 { try reserve(elements: count, minimumSize: 2) }
        return count
    }

    /// A whole tagged section of a struct that defines no tags itself.
    public mutating func taggedFields() throws(DecodeError) -> [RawTaggedField] {
        let count = try taggedFieldCount()
        guard count > 0 else { return [] }
        var fields: [RawTaggedField] = []
        for _ in 0..<count {
            let tag = try unsignedVarint()
            fields.append(RawTaggedField(tag: tag, data: try bytes(Int(try unsignedVarint()))))
        }
        return fields
    }

    /// Checks that a known tagged field, of `size` bytes from `start`, was read to its end exactly.
    public func endTaggedField(start: Int, size: Int) throws(DecodeError) {
        guard position - start == size else { throw .invalidLength(size) }
    }
}

/// A tagged section being put together: known fields that differ from their defaults, and unknown
/// ones.
public struct TaggedSection {
    private var fields: [RawTaggedField]

    public init(_ unknown: [RawTaggedField]) { fields = unknown }

    /// Adds a known field with its encoded value.
    public mutating func add(_ tag: UInt32, _ data: SharedBytes) {
        fields.append(RawTaggedField(tag: tag, data: data))
    }

    /// Writes the section, tags ascending.
    public consuming func write(to writer: inout ByteWriter) throws(EncodeError) {
        try writer.taggedFields(fields)
    }
}

extension ByteWriter {
    /// A tagged section of `fields`, tags ascending.
    public mutating func taggedFields(_ fields: [RawTaggedField]) throws(EncodeError) {
        guard !fields.isEmpty else {
            int8(0)
            return
        }
        let sorted = fields.sorted { $0.tag < $1.tag }
        unsignedVarint(UInt32(sorted.count))
        var last: UInt32?
        for field in sorted {
            if field.tag == last { throw .duplicateTag(field.tag) }
            last = field.tag
            unsignedVarint(field.tag)
            unsignedVarint(UInt32(field.data.count))
            bytes(field.data)
        }
    }

    /// The tagged section of a struct that defines no tags itself, at a version that may have none.
    public mutating func taggedFields(
        _ fields: [RawTaggedField], flexible: Bool, version: Int16
    ) throws(EncodeError) {
        if flexible {
            try taggedFields(fields)
        } else if !fields.isEmpty {
            throw .taggedFieldsNotInVersion(version)
        }
    }
}
