package import Model

/// Why the controller refuses: the code a client gets and a sentence for a human.
package struct ControllerError: Error, Hashable, Sendable {
    package let code: ErrorCode
    package let message: String?

    package init(_ code: ErrorCode, _ message: String? = nil) {
        self.code = code
        self.message = message
    }
}
