internal import Model

/// Lengths of time as ISO 8601 and Java write them.
enum DurationText {
    /// `PnDTnHnMnS`, each part optional, the seconds with a fraction; a sign before `P` or a number. Nil for
    /// anything else.
    static func parse(_ text: String) -> Duration? {
        var rest = text.uppercased()[...]
        var sign: Int64 = 1
        if rest.first == "-" || rest.first == "+" { sign = rest.removeFirst() == "-" ? -1 : 1 }
        guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
        var units: [(Character, Int64)] = [("D", 86_400)]
        var total = Duration.zero
        var parts = 0
        while !rest.isEmpty {
            if rest.first == "T" {
                guard units.first?.0 != "H", rest.count > 1 else { return nil }
                rest.removeFirst()
                units = [("H", 3_600), ("M", 60), ("S", 1)]
            }
            let number = rest.prefix { $0.isNumber || "+-.".contains($0) }
            rest = rest.dropFirst(number.count)
            guard let unit = rest.popFirst(), let at = units.firstIndex(where: { $0.0 == unit })
            else { return nil }
            guard let length = length(number, seconds: units[at].1, mayBeFraction: unit == "S")
            else { return nil }
            total += length
            units.removeFirst(at + 1)
            parts += 1
        }
        return parts > 0 ? total * Int(sign) : nil
    }

    private static func length(
        _ number: Substring, seconds: Int64, mayBeFraction: Bool
    ) -> Duration? {
        // Ten digits of the largest unit are far beyond any log, and far below an overflow.
        guard number.count <= 10, !number.isEmpty else { return nil }
        if let whole = Int64(number) { return .seconds(whole * seconds) }
        guard mayBeFraction, let fraction = Double(number), fraction.isFinite else { return nil }
        return .milliseconds(Int64((fraction * 1_000).rounded()))
    }
}
