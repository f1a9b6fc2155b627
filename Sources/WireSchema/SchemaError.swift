/// A place in a schema file.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Counted from 1.
    package let line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var description: String { "\(file):\(line)" }
}

/// What is wrong with a schema, in the form that editors and build tools link: `file:line: error:
/// …`.
package struct SchemaError: Error, Hashable, Sendable, CustomStringConvertible {
    package let location: SourceLocation
    package let reason: String

    package init(_ location: SourceLocation, _ reason: String) {
        self.location = location
        self.reason = reason
    }

    package var description: String { "\(location): error: \(reason)" }
}
