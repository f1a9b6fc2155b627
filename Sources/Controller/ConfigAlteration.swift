package import Metadata

/// Changes of one resource's settings.
package struct ConfigAlteration: Sendable {
    /// What is done to one key (KIP-339).
    package enum Operation: Int8, Sendable {
        case set = 0
        case delete = 1
        case append = 2
        case subtract = 3
    }

    /// One key.
    package struct Entry: Sendable {
        package var name: String
        package var operation: Operation
        package var value: String?

        package init(_ name: String, _ operation: Operation, _ value: String?) {
            self.name = name
            self.operation = operation
            self.value = value
        }
    }

    package var resource: ConfigResource
    package var entries: [Entry]

    package init(_ resource: ConfigResource, _ entries: [Entry]) {
        self.resource = resource
        self.entries = entries
    }
}

/// What became of one resource of a request.
package struct ConfigAlterationResult: Sendable {
    package let resource: ConfigResource
    /// Nil if it was changed, or would have been.
    package let error: ControllerError?

    package init(resource: ConfigResource, error: ControllerError?) {
        self.resource = resource
        self.error = error
    }
}
