extension StructRenderer {
    func property(_ field: Field) -> String { SwiftNames.property(field.name) }

    /// The property as code inside the struct says it: parameters may have the same name.
    func own(_ field: Field) -> String { "self." + property(field) }

    /// Whether the field is one of the int16 fields that hold an error code.
    func isErrorCode(_ field: Field) -> Bool { field.name == "ErrorCode" && field.type == .int16 }

    /// The Swift type, with `?` if any version allows null.
    func swiftType(_ field: Field) -> String {
        let base: String
        if isErrorCode(field) {
            base = "ErrorCode"
        } else if case .array(let element) = field.type {
            base = "[\(Self.swiftType(element))]"
        } else {
            base = Self.swiftType(field.type)
        }
        return field.nullable == nil ? base : base + "?"
    }

    static func swiftType(_ type: FieldType) -> String {
        switch type {
        case .bool: "Bool"
        case .int8: "Int8"
        case .int16: "Int16"
        case .uint16: "UInt16"
        case .int32: "Int32"
        case .uint32: "UInt32"
        case .int64: "Int64"
        case .float64: "Double"
        case .uuid: "UUID"
        case .string: "String"
        case .bytes, .records: "SharedBytes"
        case .structure(let name): name
        case .array(let element): "[\(swiftType(element))]"
        }
    }

    /// The value of a field that nobody set.
    func defaultValue(_ field: Field) -> String {
        switch field.defaultValue {
        case .null: return "nil"
        case .bool(let value): return String(value)
        case .integer(let value):
            return isErrorCode(field) ? "ErrorCode(rawValue: \(value))" : String(value)
        case .text(let value): return "\"\(value)\""
        case nil: break
        }
        switch field.type {
        case .bool: return "false"
        case .int8, .int16, .uint16, .int32, .uint32, .int64:
            return isErrorCode(field) ? ".none" : "0"
        case .float64: return "0"
        case .uuid: return ".zero"
        case .string: return "\"\""
        case .bytes, .records: return ".empty"
        case .structure(let name): return "\(name)()"
        case .array: return "[]"
        }
    }

    /// The test that a field holds something else than its default.
    func differsFromDefault(_ field: Field) -> String {
        let name = own(field)
        if field.defaultValue == .null { return "\(name) != nil" }
        let isOptional = field.nullable != nil
        switch field.type {
        case .array, .bytes, .records:
            return isOptional ? "\(name)?.isEmpty != true" : "!\(name).isEmpty"
        case .string where field.defaultValue == nil:
            return isOptional ? "\(name)?.isEmpty != true" : "!\(name).isEmpty"
        case .bool where !isOptional:
            return field.defaultValue == .bool(true) ? "!\(name)" : name
        default:
            return "\(name) != \(defaultValue(field))"
        }
    }

    /// The fewest bytes that a value of the struct takes in any of `range`.
    func minimumSize(of type: FieldType, in range: VersionRange) -> Int {
        max(1, range.versions.map { message.minimumSize(of: type, at: $0) }.min() ?? 1)
    }
}

extension Message {
    /// The fewest bytes that a value of `type` takes at `version`.
    func minimumSize(of type: FieldType, at version: Int16) -> Int {
        let isCompact = isFlexible(version)
        switch type {
        case .bool, .int8: return 1
        case .int16, .uint16: return 2
        case .int32, .uint32: return 4
        case .int64, .float64: return 8
        case .uuid: return 16
        case .string: return isCompact ? 1 : 2
        case .bytes, .records, .array: return isCompact ? 1 : 4
        case .structure(let name):
            guard let inner = structures.first(where: { $0.name == name }) else { return 0 }
            var size = isCompact ? 1 : 0
            for field in inner.fields where field.versions.contains(version) {
                if let tag = field.tag, tag.versions.contains(version) { continue }
                let isNullStruct = field.nullable?.contains(version) == true
                if !field.type.isArray, field.type.structureName != nil, isNullStruct {
                    size += 1
                } else if field.isInflexible, field.type == .string {
                    size += 2
                } else {
                    size += minimumSize(of: field.type, at: version)
                }
            }
            return size
        }
    }
}
