import Testing

@Suite("The mutants")
struct MutantTests {
    private let tree = SourceTree.shared
    private var patches: [SourceTree.File] {
        tree.files.filter { $0.path.hasPrefix("Tests/Mutants/") && $0.path.hasSuffix(".patch") }
    }

    @Test func `apply to the code as it is`() {
        #expect(patches.count >= 12)
        for patch in patches {
            for hunk in Hunk.all(in: patch) {
                let isThere = tree.text(hunk.path)?.contains(hunk.before) == true
                #expect(
                    isThere,
                    """
                    \(patch.path) changes lines that \(hunk.path) no longer has. Break the same rule in the \
                    new code: Tests/Mutants holds the simulator to finding it.
                    """)
            }
        }
    }

    @Test(arguments: ["Breaks: ", "Rule: ", "Caught by: "])
    func `say what they break, which rule that is, and what finds them`(word: String) {
        for patch in patches {
            #expect(patch.lines.contains { $0.hasPrefix(word) }, "\(patch.path) lacks '\(word)'")
        }
    }
}

/// One change of a patch, with a line of what stands around it: what `Tests/Mutants/mutants.py` asks of the code.
private struct Hunk {
    let path: String
    /// The text that must be there.
    let before: String

    static func all(in patch: SourceTree.File) -> [Hunk] {
        var hunks: [Hunk] = []
        var path = ""
        var body: [Substring] = []
        func end() {
            if !body.isEmpty { hunks.append(Hunk(path: path, before: before(body))) }
            body = []
        }
        for line in patch.lines {
            if line.hasPrefix("--- a/") {
                end()
                path = String(line.dropFirst("--- a/".count))
            } else if line.hasPrefix("@@") || line.hasPrefix("+++") {
                end()
            } else if !path.isEmpty, let mark = line.first, "+- ".contains(mark) {
                body.append(line)
            }
        }
        end()
        return hunks
    }

    private static func before(_ body: [Substring]) -> String {
        guard let first = body.firstIndex(where: { $0.first != " " }),
            let last = body.lastIndex(where: { $0.first != " " })
        else { return "a hunk that changes nothing" }
        let around = body[max(0, first - 1)...min(body.count - 1, last + 1)]
        return around.filter { $0.first != "+" }.map { $0.dropFirst() }.joined(separator: "\n")
    }
}
