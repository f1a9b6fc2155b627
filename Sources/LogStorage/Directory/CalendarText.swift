internal import Model

/// A time as Java prints it: `Sat Nov 21 09:23:39 UTC 2026`.
enum CalendarText {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func render(_ time: Timestamp) -> String {
        let seconds = max(time.rawValue, 0) / 1000
        let day = seconds / 86400
        // Days are counted in years that begin in March, so that the leap day is the last one
        // (Fliegel and Van Flandern 1968, in the form of Hinnant's `civil_from_days`).
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let leaps = dayOfEra / 1460 - dayOfEra / 36524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leaps) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ value: Int64) -> String { PathName.padded(value, width: 2) }
        let clock = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return
            "\(days[Int(day % 7)]) \(months[Int(month - 1)]) \(two(dayOfMonth)) \(clock) UTC \(year)"
    }
}
