internal import CRE2

/// Why a pattern is refused.
package enum PatternError: Error, Equatable {
    case tooLong(limit: Int)
    /// It is not RE2's language, or takes too much memory; in RE2's words.
    case invalid(String)
    /// Matching it with all that is there would take too long.
    case tooCostly
}

extension PatternError: CustomStringConvertible {
    /// For the client that sent it.
    package var description: String {
        switch self {
        case .tooLong(let limit): "it is longer than \(limit) bytes"
        case .invalid(let words): words
        case .tooCostly: "matching it with all topics would take too long"
        }
    }
}

/// A compiled pattern, in RE2's language. It matches a name or it does not: all of it, as with Kafka.
// SAFETY: the pointer is this value's own, from `init` to `deinit`.
@safe package struct TopicPattern: ~Copyable {
    /// Bytes of a pattern.
    package static let lengthMax = 1_024
    /// Bytes that a compiled pattern and its matching may take.
    static let memoryMax: Int64 = 1 << 20
    /// Steps of the slowest way to match, over all names: some seconds at worst, far less mostly.
    static let workMax = 2_000_000_000

    private let compiled: OpaquePointer

    private init(compiled: OpaquePointer) { unsafe self.compiled = compiled }

    /// Compiles a pattern.
    package static func compile(_ text: String) throws(PatternError) -> TopicPattern {
        guard text.utf8.count <= lengthMax else { throw .tooLong(limit: lengthMax) }
        var text = text
        // SAFETY: the library copies what it needs before it returns, and never returns null.
        let made = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) {
                unsafe cre2_make($0.baseAddress, $0.count, memoryMax)
            }
        }
        guard let made = unsafe made else { preconditionFailure("the library makes a pattern") }
        // SAFETY: the words belong to the pattern, which is freed behind them.
        if let words = unsafe cre2_error(made) {
            let fault = PatternError.invalid(unsafe String(cString: words))
            unsafe cre2_free(made)
            throw fault
        }
        return unsafe TopicPattern(compiled: made)
    }

    // SAFETY: nobody else has the pointer.
    deinit { unsafe cre2_free(compiled) }

    package borrowing func matches(_ name: String) -> Bool {
        var name = name
        // SAFETY: the text is only read, and only while it is lent.
        return name.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) {
                unsafe cre2_matches(compiled, $0.baseAddress, $0.count) == 1
            }
        }
    }

    /// The names that match, in their order.
    package borrowing func matching(_ names: [String]) throws(PatternError) -> [String] {
        // SAFETY: the pattern lives.
        let size = Int(unsafe cre2_size(compiled))
        let bytes = names.reduce(0) { $0 + $1.utf8.count }
        guard size <= Self.workMax / max(bytes, 1) else { throw .tooCostly }
        return names.filter { matches($0) }
    }
}
