extension StructRenderer {
    func renderDecoder(_ code: inout CodeWriter) {
        let head = "init(from reader: inout ByteReader, version: Int16) throws(DecodeError)"
        code.line()
        code.block("public \(head)") { code in
            if isMessage { renderVersionGuard("Int(version)", &code) }
            if flexible == "flexible", let first = message.firstFlexible {
                code.line("let flexible = version >= \(first)")
            }
            for field in fields {
                guard let range = positional(field) else { continue }
                code.when(condition(range)) { decode(field, isTagged: false, &$0) }
            }
            guard hasFlexibleVersions else { return }
            code.when(flexible == "flexible" ? "flexible" : nil) { decodeTaggedSection(&$0) }
        }
    }

    func renderVersionGuard(_ version: String, _ code: inout CodeWriter) {
        code.block("guard Self.validVersions.contains(version) else") {
            $0.line("throw .unsupportedVersion(\(version))")
        }
    }

    /// The test that null is allowed here: `true`, `false` or an expression.
    private func nullability(_ field: Field) -> String {
        guard let nullable = field.nullable else { return "false" }
        if nullable.contains(field.versions) { return "true" }
        return condition(nullable) ?? "true"
    }

    /// One expression that reads a value, choosing between its nullable and its plain form.
    private func choose(_ field: Field, _ nullable: String, _ plain: String) -> String {
        switch nullability(field) {
        case "true": nullable
        case "false": plain
        case let test: "\(test) ? \(nullable) : \(plain)"
        }
    }

    private func decode(_ field: Field, isTagged: Bool, _ code: inout CodeWriter) {
        let name = own(field)
        let compact = flexible(field, isTagged: isTagged)
        let quoted = "\"\(path).\(field.name)\""
        switch field.type {
        case .bool, .int8, .int16, .uint16, .int32, .uint32, .int64, .float64, .uuid:
            let read = "try reader.\(reader(field.type))()"
            code.line("\(name) = " + (isErrorCode(field) ? "ErrorCode(rawValue: \(read))" : read))
        case .string:
            let read = choose(
                field, "reader.nullableString(flexible: \(compact))",
                "reader.string(\(quoted), flexible: \(compact))")
            code.line("\(name) = try \(read)")
        case .bytes, .records:
            let read = choose(
                field, "reader.nullableBytes(flexible: \(compact))",
                "reader.bytes(\(quoted), flexible: \(compact))")
            code.line("\(name) = try \(read)")
        case .structure(let type):
            let isPresent = isTagged ? "isTaggedStructPresent" : "isStructPresent"
            let read = "\(type)(from: &reader, version: version)"
            switch nullability(field) {
            case "true": code.line("\(name) = try reader.\(isPresent)() ? \(read) : nil")
            case "false": code.line("\(name) = try \(read)")
            case let test:
                code.line("\(name) = try !(\(test)) || reader.\(isPresent)() ? \(read) : nil")
            }
        case .array(let element):
            decodeArray(field, element, compact, quoted, &code)
        }
    }

    private func reader(_ type: FieldType) -> String {
        switch type {
        case .bool: "bool"
        case .float64: "float64"
        case .uuid: "uuid"
        default: Self.swiftType(type).lowercased()
        }
    }

    private func decodeArray(
        _ field: Field, _ element: FieldType, _ compact: String, _ quoted: String,
        _ code: inout CodeWriter
    ) {
        let name = own(field)
        guard case .structure(let type) = element else {
            let list = element == .string ? "strings" : element == .uuid ? "uuids" : "integers"
            let nullable = "reader.nullable\(list.prefix(1).uppercased() + list.dropFirst())"
            let read = choose(
                field, "\(nullable)(flexible: \(compact))",
                "reader.\(list)(\(quoted), flexible: \(compact))")
            code.line("\(name) = try \(read)")
            return
        }
        let size = minimumSize(of: element, in: field.versions)
        let count = choose(
            field, "reader.nullableArrayCount(flexible: \(compact), minimumSize: \(size))",
            "reader.arrayCount(\(quoted), flexible: \(compact), minimumSize: \(size))")
        let isOptional = field.nullable != nil
        let read: (inout CodeWriter) -> Void = { code in
            code.line("var list: [\(type)] = []")
            code.line("list.reserveCapacity(Swift.min(count, ByteReader.reservedElementsMax))")
            code.block("for _ in 0..<count") {
                $0.line("list.append(try \(type)(from: &reader, version: version))")
            }
            code.line("\(name) = list")
        }
        if isOptional {
            code.block("if let count = try \(count)", read)
            code.otherwise("else") { $0.line("\(name) = nil") }
        } else {
            code.block("do") { code in
                code.line("let count = try \(count)")
                read(&code)
            }
        }
    }

    private func decodeTaggedSection(_ code: inout CodeWriter) {
        let tagged = taggedFields
        guard !tagged.isEmpty else {
            code.line("unknownTaggedFields = try reader.taggedFields()")
            return
        }
        code.block("for _ in 0..<(try reader.taggedFieldCount())") { code in
            code.line("let tag = try reader.unsignedVarint()")
            code.line("let size = Int(try reader.unsignedVarint())")
            code.line("let start = reader.position")
            code.line("switch tag {")
            for (field, tag) in tagged {
                code.line("case \(tag.number):")
                code.indented { code in
                    if let test = condition(tag.versions) {
                        let refusal = "throw .invalidValue(\"\(path) tag \(tag.number)\")"
                        code.line("guard \(test) else { \(refusal) }")
                    }
                    decode(field, isTagged: true, &code)
                }
            }
            code.line("default:")
            code.line("    let data = try reader.bytes(size)")
            code.line("    unknownTaggedFields.append(RawTaggedField(tag: tag, data: data))")
            code.line("}")
            code.line("try reader.endTaggedField(start: start, size: size)")
        }
    }
}
