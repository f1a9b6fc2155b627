extension StructRenderer {
    func renderEncoder(_ code: inout CodeWriter) {
        let head = "func encode(to writer: inout ByteWriter, version: Int16) throws(EncodeError)"
        code.line()
        code.block("public \(head)") { code in
            if isMessage { renderVersionGuard("version", &code) }
            if flexible == "flexible", let first = message.firstFlexible {
                code.line("let flexible = version >= \(first)")
            }
            for field in fields { encodeInPlace(field, &code) }
            guard hasFlexibleVersions else { return }
            encodeTaggedSection(&code)
        }
    }

    /// The field in its place, and the refusal of a value that this version has no place for.
    private func encodeInPlace(_ field: Field, _ code: inout CodeWriter) {
        let refusal = { (code: inout CodeWriter) in
            code.line("throw .fieldNotInVersion(\"\(path).\(field.name)\", version)")
        }
        let isAbsentSomewhere = condition(field.versions) != nil
        let refuses = isAbsentSomewhere && !field.isIgnorable
        if let range = positional(field) {
            let test = condition(range)
            code.when(test) { encode(field, isTagged: false, to: "writer", &$0) }
            guard refuses else { return }
            // In a version that tags the field it is written later, and not refused here.
            let absent = field.tag.flatMap { absence($0.versions).map { " && \($0)" } } ?? ""
            if field.tag != nil, absent.isEmpty { return }
            code.otherwise("else if \(differsFromDefault(field))\(absent)", refusal)
        } else if refuses, let test = absence(field.versions) {
            code.block("if \(test) && \(differsFromDefault(field))", refusal)
        }
    }

    /// A test that `version` is not in `range`; nil if it always is.
    private func absence(_ range: VersionRange) -> String? {
        if range.lower > versions.lower, range.upper >= versions.upper {
            return "version < \(range.lower)"
        }
        return condition(range).map { "!(\($0))" }
    }

    private func nullability(_ field: Field) -> String {
        guard let nullable = field.nullable else { return "false" }
        if nullable.contains(field.versions) { return "true" }
        return condition(nullable) ?? "true"
    }

    private func encode(
        _ field: Field, isTagged: Bool, to writer: String, _ code: inout CodeWriter
    ) {
        let name = own(field)
        let compact = flexible(field, isTagged: isTagged)
        let quoted = "\"\(path).\(field.name)\""
        switch field.type {
        case .bool, .int8, .int16, .uint16, .int32, .uint32, .int64, .float64, .uuid:
            let function = Self.swiftType(field.type).lowercased()
            let value = isErrorCode(field) ? "\(name).rawValue" : name
            code.line("\(writer).\(function == "double" ? "float64" : function)(\(value))")
        case .string:
            encodeNullable(
                field, &code,
                nullable: "try \(writer).nullableString(\(name), \(quoted), flexible: \(compact))"
            ) { "try \(writer).string(\($0), \(quoted), flexible: \(compact))" }
        case .bytes, .records:
            encodeNullable(
                field, &code,
                nullable: "try \(writer).nullableBytes(\(name), flexible: \(compact))"
            ) { "try \(writer).bytes(\($0), flexible: \(compact))" }
        case .structure:
            encodeStructure(field, isTagged: isTagged, to: writer, &code)
        case .array(let element):
            encodeArray(field, element, compact, to: writer, &code)
        }
    }

    /// A value whose nullable form is one call.
    private func encodeNullable(
        _ field: Field, _ code: inout CodeWriter, nullable: String, plain: (String) -> String
    ) {
        let name = own(field)
        let unwrapped = "try required(\(name), \"\(path).\(field.name)\")"
        switch nullability(field) {
        case "true": code.line(nullable)
        case "false": code.line(plain(name))
        case let test:
            code.block("if \(test)") { $0.line(nullable) }
            code.otherwise("else") { $0.line(plain(unwrapped)) }
        }
    }

    private func encodeStructure(
        _ field: Field, isTagged: Bool, to writer: String, _ code: inout CodeWriter
    ) {
        let name = own(field)
        let call = { (value: String) in "try \(value).encode(to: &\(writer), version: version)" }
        let marker = { (isPresent: Bool) in
            isTagged
                ? "\(writer).unsignedVarint(\(isPresent ? 1 : 0))"
                : "\(writer).int8(\(isPresent ? 1 : -1))"
        }
        let test = nullability(field)
        guard test != "false" else {
            code.line(call(name))
            return
        }
        code.block("if let value = \(name)") { code in
            code.when(test == "true" ? nil : test) { $0.line(marker(true)) }
            code.line(call("value"))
        }
        if test == "true" {
            code.otherwise("else") { $0.line(marker(false)) }
        } else {
            code.otherwise("else if \(test)") { $0.line(marker(false)) }
            code.otherwise("else") { $0.line("throw .unexpectedNull(\"\(path).\(field.name)\")") }
        }
    }

    private func encodeArray(
        _ field: Field, _ element: FieldType, _ compact: String, to writer: String,
        _ code: inout CodeWriter
    ) {
        let name = own(field)
        let elements = { (code: inout CodeWriter, name: String) in
            switch element {
            case .string:
                code.line(
                    "try \(writer).strings("
                        + "\(name), \"\(path).\(field.name)\", flexible: \(compact))"
                )
            case .structure:
                code.line("\(writer).arrayCount(\(name).count, flexible: \(compact))")
                code.block("for element in \(name)") {
                    $0.line("try element.encode(to: &\(writer), version: version)")
                }
            default:
                let list = element == .uuid ? "uuids" : "integers"
                code.line("\(writer).\(list)(\(name), flexible: \(compact))")
            }
        }
        let test = nullability(field)
        guard field.nullable != nil else {
            elements(&code, name)
            return
        }
        code.block("if let value = \(name)") { elements(&$0, "value") }
        code.otherwise(test == "true" ? "else" : "else if \(test)") {
            $0.line("\(writer).nullArray(flexible: \(compact))")
        }
        guard test != "true" else { return }
        code.otherwise("else") { $0.line("throw .unexpectedNull(\"\(path).\(field.name)\")") }
    }

    private func encodeTaggedSection(_ code: inout CodeWriter) {
        let tagged = taggedFields
        guard !tagged.isEmpty else {
            code.line(
                "try writer.taggedFields("
                    + "unknownTaggedFields, flexible: \(flexible), version: version)")
            return
        }
        let section = { (code: inout CodeWriter) in
            code.line("var section = TaggedSection(unknownTaggedFields)")
            for (field, tag) in tagged {
                let test = condition(tag.versions).map { "\($0) && " } ?? ""
                code.block("if \(test)\(differsFromDefault(field))") { code in
                    code.line("var body = ByteWriter(capacity: 16)")
                    encode(field, isTagged: true, to: "body", &code)
                    code.line("section.add(\(tag.number), body.finish())")
                }
            }
            code.line("try section.write(to: &writer)")
        }
        guard flexible == "flexible" else { return section(&code) }
        code.block("if flexible", section)
        code.otherwise("else if !unknownTaggedFields.isEmpty") {
            $0.line("throw .taggedFieldsNotInVersion(version)")
        }
    }
}
