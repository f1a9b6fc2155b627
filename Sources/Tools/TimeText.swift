internal import Model

/// Wall-clock times as Kafka's performance tools print them, in UTC.
enum TimeText {
    /// `2026-11-21 10:15:30:123`
    static func render(_ time: Timestamp) -> String {
        let milliseconds = time.rawValue
        let days = Self.floorDivide(milliseconds, 86_400_000)
        let rest = milliseconds - days * 86_400_000
        let date = civil(days)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fraction = rest % 1_000
        let padding = fraction < 10 ? "00" : fraction < 100 ? "0" : ""
        return "\(date.year)-\(two(date.month))-\(two(date.day)) "
            + "\(two(rest / 3_600_000)):\(two(rest / 60_000 % 60)):\(two(rest / 1_000 % 60))"
            + ":\(padding)\(fraction)"
    }

    /// `YYYY-MM-DDThh:mm:ss`, with `.sss` or without, and `Z` or an offset such as `+01:00` or `+0100`; without
    /// one it is UTC. Nil for anything else.
    static func parse(_ text: String) -> Timestamp? {
        guard let split = text.firstIndex(of: "T") else { return nil }
        let date = text[..<split].split(separator: "-", omittingEmptySubsequences: false)
        var rest = text[text.index(after: split)...]
        var offset: Int64 = 0
        if rest.last == "Z" {
            rest.removeLast()
        } else if let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let digits = rest[rest.index(after: sign)...].filter { $0 != ":" }
            guard let minutes = zone(digits) else { return nil }
            offset = rest[sign] == "-" ? -minutes : minutes
            rest = rest[..<sign]
        }
        let time = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard date.count == 3, time.count == 3 else { return nil }
        let second = time[2].split(separator: ".", omittingEmptySubsequences: false)
        guard second.count <= 2, second.count == 1 || second[1].count == 3 else { return nil }
        let words = date + [time[0], time[1]] + second
        var numbers: [Int64] = []
        for word in words {
            guard word.count <= 4, let number = Int64(word), number >= 0 else { return nil }
            numbers.append(number)
        }
        guard (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24,
            numbers[4] < 60, numbers[5] < 60
        else { return nil }
        let days = days(year: numbers[0], month: numbers[1], day: numbers[2])
        let minutes = numbers[3] * 60 + numbers[4] - offset
        let fraction = numbers.count > 6 ? numbers[6] : 0
        return Timestamp(days * 86_400_000 + minutes * 60_000 + numbers[5] * 1_000 + fraction)
    }

    /// Minutes of `hh` or `hhmm`.
    private static func zone(_ digits: String) -> Int64? {
        guard digits.count == 2 || digits.count == 4, let number = Int64(digits), number >= 0 else {
            return nil
        }
        return digits.count == 2 ? number * 60 : number / 100 * 60 + number % 100
    }

    /// The inverse of `civil`.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = floorDivide(year, 400)
        let yearOfEra = year - era * 400
        let shiftedMonth = (month + 9) % 12
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        a >= 0 ? a / b : (a - b + 1) / b
    }

    /// Year, month and day of a number of days since 1970, in the Gregorian calendar. Years begin in March
    /// here, so that the day that leap years add is the last.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
