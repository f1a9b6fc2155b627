import Bytes
import Model
import WireSchema

/// Writes random messages straight from a schema, without the generated code: what the generated
/// decoders are given, and what their encoders must give back byte for byte.
struct SchemaEncoder {
    let message: Message
    let version: Int16
    var chance: PRNG
    /// Chance, of 100, that something is null, and that a tagged field is present.
    var nullPercent = 30
    var tagPercent = 50
    /// Everything at its default, and no tagged fields.
    var isPlain = false

    private var isFlexible: Bool { message.isFlexible(version) }

    mutating func encode(to out: inout ByteWriter) { encode(message.fields, to: &out) }

    private mutating func encode(_ fields: [Field], to out: inout ByteWriter) {
        var tagged: [(UInt32, SharedBytes)] = []
        for field in fields where field.versions.contains(version) {
            guard let tag = field.tag, tag.versions.contains(version) else {
                encode(field, isTagged: false, to: &out)
                continue
            }
            if isPlain || chance.below(100) >= tagPercent { continue }
            var body = ByteWriter()
            encode(field, isTagged: true, to: &body)
            var plain = self
            plain.isPlain = true
            var usual = ByteWriter()
            plain.encode(field, isTagged: true, to: &usual)
            let bytes = body.finish()
            // What equals the default is left out of the section.
            if bytes != usual.finish() { tagged.append((tag.number, bytes)) }
        }
        guard isFlexible else { return }
        tagged.sort { $0.0 < $1.0 }
        if !isPlain, chance.below(10) == 0 {
            tagged.append((UInt32(1000 + chance.below(1_000_000)), [1, 2, 3]))
        }
        out.unsignedVarint(UInt32(tagged.count))
        for (tag, body) in tagged {
            out.unsignedVarint(tag)
            out.unsignedVarint(UInt32(body.count))
            out.bytes(body)
        }
    }

    private mutating func encode(_ field: Field, isTagged: Bool, to out: inout ByteWriter) {
        let isCompact = isFlexible && !field.isInflexible
        let mayBeNull = field.nullable?.contains(version) == true
        let isNull =
            mayBeNull
            && (isPlain ? field.defaultValue == .null : chance.below(100) < nullPercent)
        if isNull { return null(field, isTagged: isTagged, isCompact: isCompact, to: &out) }
        switch field.type {
        case .array(let element):
            let count = isPlain ? 0 : chance.below(4)
            length(count, isCompact: isCompact, isString: false, to: &out)
            for _ in 0..<count {
                value(element, field, isCompact: isCompact, to: &out)
            }
        case .structure where mayBeNull:
            if isTagged { out.unsignedVarint(1) } else { out.int8(1) }
            value(field.type, field, isCompact: isCompact, to: &out)
        default:
            value(field.type, field, isCompact: isCompact, to: &out)
        }
    }

    private func null(
        _ field: Field, isTagged: Bool, isCompact: Bool, to out: inout ByteWriter
    ) {
        switch field.type {
        case .structure: if isTagged { out.unsignedVarint(0) } else { out.int8(-1) }
        case .string: length(-1, isCompact: isCompact, isString: true, to: &out)
        default: length(-1, isCompact: isCompact, isString: false, to: &out)
        }
    }

    private func length(
        _ length: Int, isCompact: Bool, isString: Bool, to out: inout ByteWriter
    ) {
        if isCompact {
            out.unsignedVarint(UInt32(length + 1))
        } else if isString {
            out.int16(Int16(length))
        } else {
            out.int32(Int32(length))
        }
    }

    private mutating func value(
        _ type: FieldType, _ field: Field, isCompact: Bool, to out: inout ByteWriter
    ) {
        switch type {
        case .bool: out.bool(isPlain ? field.defaultValue == .bool(true) : chance.below(2) == 1)
        case .int8: out.int8(integer(field))
        case .int16: out.int16(integer(field))
        case .uint16: out.uint16(integer(field))
        case .int32: out.int32(integer(field))
        case .uint32: out.uint32(integer(field))
        case .int64: out.int64(integer(field))
        case .float64: out.float64(isPlain ? 0 : Double(chance.below(1_000_000)) / 64 - 5)
        case .uuid:
            out.uint64(isPlain ? 0 : chance.next())
            out.uint64(isPlain ? 0 : chance.next())
        case .string:
            let text =
                isPlain
                ? "" : ["", "a", "größe", String(repeating: "x", count: 130)][chance.below(4)]
            length(text.utf8.count, isCompact: isCompact, isString: true, to: &out)
            out.utf8(text)
        case .bytes, .records:
            let count = isPlain ? 0 : [0, 1, 5, 200][chance.below(4)]
            length(count, isCompact: isCompact, isString: false, to: &out)
            for _ in 0..<count { out.integer(UInt8(truncatingIfNeeded: chance.next())) }
        case .structure(let name):
            encode(message.structures.first { $0.name == name }?.fields ?? [], to: &out)
        case .array:
            preconditionFailure("the grammar has no arrays of arrays")
        }
    }

    private mutating func integer<T: FixedWidthInteger>(_ field: Field) -> T {
        if isPlain {
            guard case .integer(let value) = field.defaultValue else { return 0 }
            return T(truncatingIfNeeded: value)
        }
        return [0, 1, T.min, T.max, T(truncatingIfNeeded: chance.next())][chance.below(5)]
    }
}
