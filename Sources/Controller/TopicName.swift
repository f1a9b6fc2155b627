/// What a topic may be called.
package enum TopicName {
    /// Longest name, in characters: with a partition's number and a suffix it is a directory's name.
    package static let lengthMax = 249

    /// Why a name is refused; nil for a good one.
    package static func fault(in name: String) -> String? {
        if name.isEmpty { return "Topic name is invalid: the empty string is not allowed" }
        if name == "." || name == ".." { return "Topic name is invalid: '\(name)' is not allowed" }
        if name.utf8.count > lengthMax {
            return "Topic name is invalid: the length of '\(name.prefix(64))…' is longer than the "
                + "max allowed length \(lengthMax)"
        }
        guard name.utf8.allSatisfy(isLegal) else {
            return "Topic name is invalid: '\(name)' contains one or more characters other than "
                + "ASCII alphanumerics, '.', '_' and '-'"
        }
        return nil
    }

    private static func isLegal(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// Whether metrics could not tell a name from others: they write `.` as `_`.
    static func mayCollide(_ name: String) -> Bool {
        name.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
    }

    /// The name in which colliding names are equal.
    static func normalized(_ name: String) -> [UInt8] {
        name.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "_") : $0 }
    }
}
