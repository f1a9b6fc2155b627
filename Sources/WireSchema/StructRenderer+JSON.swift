extension StructRenderer {
    /// Fields in the schema's order; those that the version lacks and tagged ones at their default
    /// are left out, as in Kafka's own converters.
    func renderJSON(_ code: inout CodeWriter) {
        code.line()
        code.block("public func writeJSON(to json: inout JSONWriter, version: Int16)") { code in
            code.line("json.beginObject()")
            for field in fields {
                if let range = positional(field) {
                    code.when(condition(range)) { writeJSON(field, &$0) }
                }
                if let tag = field.tag {
                    let test = condition(tag.versions).map { "\($0) && " } ?? ""
                    code.block("if \(test)\(differsFromDefault(field))") { writeJSON(field, &$0) }
                }
            }
            code.line("json.endObject()")
        }
    }

    private func writeJSON(_ field: Field, _ code: inout CodeWriter) {
        let name = own(field)
        code.line("json.name(\"\(SwiftNames.json(field.name))\")")
        guard field.nullable != nil else {
            return writeJSON(field, name, &code)
        }
        code.block("if let value = \(name)") { writeJSON(field, "value", &$0) }
        code.otherwise("else") { $0.line("json.null()") }
    }

    private func writeJSON(_ field: Field, _ name: String, _ code: inout CodeWriter) {
        guard case .array(let element) = field.type else {
            code.line(writeJSON(isErrorCode(field) ? "\(name).rawValue" : name, field.type))
            return
        }
        code.line("json.beginArray()")
        code.line("for element in \(name) { \(writeJSON("element", element)) }")
        code.line("json.endArray()")
    }

    private func writeJSON(_ value: String, _ type: FieldType) -> String {
        switch type {
        case .bool: "json.bool(\(value))"
        case .float64: "json.float64(\(value))"
        case .uuid: "json.uuid(\(value))"
        case .string: "json.string(\(value))"
        case .bytes, .records: "json.bytes(\(value))"
        case .structure: "\(value).writeJSON(to: &json, version: version)"
        default: "json.integer(\(value))"
        }
    }
}
