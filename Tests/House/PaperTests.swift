import Testing

@Suite("The papers")
struct PaperTests {
    private let tree = SourceTree.shared

    @Test func `link only to what exists`() {
        for file in tree.files where file.path.hasSuffix(".md") {
            var isInBlock = false
            for (index, line) in file.lines.enumerated() {
                if line.hasPrefix("```") { isInBlock.toggle() }
                if isInBlock || !line.contains("](") { continue }
                for target in links(in: line) {
                    let path = resolved(target, from: file)
                    let leadsSomewhere = tree.contains(path)
                    #expect(
                        leadsSomewhere, "\(file.path):\(index + 1): \(target) leads nowhere")
                }
            }
        }
    }

    @Test func `that a project needs are there`() {
        for path in [
            "README.md", "LICENSE", "docs/ARCHITECTURE.md", "docs/CHANGELOG.md",
            "docs/CONTRIBUTING.md", "docs/configuration.md", "docs/differences-from-kafka.md",
            "docs/features.md", "docs/glossary.md", "docs/testing.md",
        ] {
            let isThere = tree.contains(path)
            #expect(isThere, "\(path) is missing")
        }
    }

    @Test func `tell of each feature once, whether it is served, and which test shows it`() throws {
        let page = try #require(tree.files.first { $0.path == "docs/features.md" })
        var ids: Set<String> = []
        for (index, line) in page.lines.enumerated() where line.hasPrefix("| ") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .dropFirst().dropLast()
                .map { String($0).trimmedBlanks }
            guard let id = cells.first, id != "id", !id.hasPrefix("--"), id.contains("-") else {
                continue
            }
            let place = "docs/features.md:\(index + 1)"
            guard cells.count == 5 else {
                Issue.record("\(place): \(cells.count) cells, not 5")
                continue
            }
            #expect(ids.insert(id).inserted, "\(place): \(id) again")
            #expect(
                ["yes", "part", "no"].contains(cells[2]), "\(place): served is yes, part or no")
            if cells[2] == "no" {
                #expect(
                    cells[3] == "" && cells[4] == "", "\(place): nothing shows what is not served")
            } else {
                #expect(
                    !cells[3].isEmpty && !cells[4].isEmpty,
                    "\(place): since when, and shown by what")
                for name in cells[4].split(separator: ",") {
                    let path = String(name.filter { $0 != "`" && $0 != " " })
                    #expect(
                        tree.files.contains {
                            $0.path.hasPrefix("Tests/") && $0.path.hasSuffix(path)
                        },
                        "\(place): there is no test \(path)")
                }
            }
        }
        #expect(ids.count == 317)
    }

    private func links(in line: Substring) -> [String] {
        line.split(separator: "](").dropFirst().compactMap { rest in
            guard let end = rest.firstIndex(of: ")") else { return nil }
            let target = rest[..<end].split(separator: "#", omittingEmptySubsequences: false)[0]
            let isElsewhere = target.hasPrefix("http:") || target.hasPrefix("https:")
            return target.isEmpty || isElsewhere || target.hasPrefix("mailto:")
                ? nil : String(target)
        }
    }

    private func resolved(_ target: String, from file: SourceTree.File) -> String {
        var parts = target.hasPrefix("/") ? [] : file.folders
        for part in target.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": if !parts.isEmpty { parts.removeLast() }
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}

extension String {
    fileprivate var trimmedBlanks: String {
        let start = drop { $0 == " " }
        return String(String(start.reversed()).drop { $0 == " " }.reversed())
    }
}
