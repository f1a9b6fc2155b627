/// Something that a person should know: what, how it was seen, and what to do.
struct Finding: Hashable, Sendable {
    enum Severity: String, Hashable, Sendable, Comparable, CaseIterable {
        /// Nothing to do now.
        case note
        /// It works, and will not for long or not if one more thing fails.
        case warning
        /// Something does not work.
        case error

        static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    let severity: Severity
    /// The kind of finding, for scripts.
    let check: String
    let what: String
    let evidence: String
    let remedy: String

    init(
        _ severity: Severity, _ check: String, _ what: String, evidence: String, remedy: String
    ) {
        self.severity = severity
        self.check = check
        self.what = what
        self.evidence = evidence
        self.remedy = remedy
    }

    var lines: [String] {
        [
            "\(severity.rawValue): \(what) [\(check)]", "    evidence: \(evidence)",
            "    remedy:   \(remedy)",
        ]
    }

    var json: JSONPiece {
        .object([
            ("severity", .text(severity.rawValue)), ("check", .text(check)),
            ("what", .text(what)), ("evidence", .text(evidence)), ("remedy", .text(remedy)),
        ])
    }
}

/// All findings of one examination, and what was examined.
struct DoctorReport: Sendable {
    var findings: [Finding]
    /// Counts of what was looked at, with their names.
    let examined: [(name: String, count: Int)]

    /// The worst first; equal ones as they were found.
    private var sorted: [Finding] {
        Finding.Severity.allCases.reversed().flatMap { severity in
            findings.filter { $0.severity == severity }
        }
    }

    private func count(_ severity: Finding.Severity) -> Int {
        findings.filter { $0.severity == severity }.count
    }

    /// 0: well, 2: warnings, 3: errors. 1 is for a doctor who could not look.
    var exitCode: Int32 {
        switch findings.map(\.severity).max() {
        case nil, .note: ExitCode.success
        case .warning: 2
        case .error: 3
        }
    }

    /// What a person reads.
    var lines: [String] {
        let seen = examined.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        let counts = Finding.Severity.allCases.reversed().map { severity in
            "\(count(severity)) \(severity.rawValue)\(count(severity) == 1 ? "" : "s")"
        }
        return sorted.flatMap(\.lines)
            + ["Examined \(seen): \(counts.joined(separator: ", "))."]
    }

    /// What a script reads, on one line.
    var json: String {
        JSONPiece.object([
            ("examined", .object(examined.map { ($0.name, .number(Int64($0.count))) })),
            ("findings", .list(sorted.map(\.json))),
        ]).rendered
    }
}
