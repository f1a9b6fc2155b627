/// The versions `lower...upper` of a message, never empty.
package struct VersionRange: Hashable, Sendable {
    package let lower: Int16
    package let upper: Int16

    /// Nil if the range would be empty.
    package init?(_ lower: Int16, _ upper: Int16) {
        guard lower <= upper else { return nil }
        self.lower = lower
        self.upper = upper
    }

    /// Every version of the range, ascending.
    package var versions: ClosedRange<Int16> { lower...upper }

    package func contains(_ version: Int16) -> Bool { versions.contains(version) }

    /// Whether every version of `other` is one of these.
    package func contains(_ other: VersionRange) -> Bool {
        lower <= other.lower && other.upper <= upper
    }
}

extension VersionRange: CustomStringConvertible {
    package var description: String { lower == upper ? "v\(lower)" : "v\(lower)-\(upper)" }
}
