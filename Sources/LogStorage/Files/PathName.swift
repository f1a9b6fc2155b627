/// Names of directories and files, by text alone.
enum PathName {
    /// Everything before the last slash.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// `value` with zeros before it up to `width` digits. `value` is not negative.
    static func padded(_ value: Int64, width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// The number that `digits` writes if it is exactly `width` decimal digits and fits 63 bits.
    static func number(_ digits: Substring, width: Int) -> Int64? {
        guard digits.utf8.count == width else { return nil }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else {
            return nil
        }
        return Int64(digits)
    }
}
