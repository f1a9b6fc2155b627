import Testing

@Suite("The floor plan")
struct FloorPlanTests {
    private let tree = SourceTree.shared

    @Test func `lets imports point down only`() {
        for file in tree.sources {
            guard let allowed = FloorPlan.uses[file.room] else {
                Issue.record("\(file.path): \(file.room) is not in the floor plan")
                continue
            }
            for module in imports(of: file) {
                let isAllowed =
                    allowed.contains(module)
                    || FloorPlan.system[module]?.contains(file.room) ?? false
                #expect(isAllowed, "\(file.path): \(file.room) must not import \(module)")
            }
        }
    }

    @Test func `keeps Foundation, Dispatch and the old test library out of tests too`() {
        for file in tree.tests {
            for module in imports(of: file) {
                let isBanned = ["Foundation", "FoundationEssentials", "Dispatch", "XCTest"]
                    .contains(module)
                let isAllowed = FloorPlan.testSystem[module]?.contains(file.room) ?? false
                #expect(!isBanned || isAllowed, "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `gives every room a page of its own`() {
        for (room, files) in Dictionary(grouping: tree.sources, by: \.room) {
            guard files.contains(where: { $0.name != "Placeholder.swift" }),
                FloorPlan.uses[room] != nil,
                !["martlet", "simulate", "wire-generator"].contains(room),
                room != "WireGeneratorPlugin"
            else { continue }
            let hasPage = tree.contains("Sources/\(room)/\(room).md")
            #expect(hasPage, "\(room).md is missing")
            let hasPlaceholder = files.contains { $0.name == "Placeholder.swift" }
            #expect(!hasPlaceholder, "\(room) needs no placeholder")
        }
    }

    @Test func `has no top-level entry without a decision`() {
        let known: Set<String> = [
            "Package.swift", "Sources", "Tests", "cluster-configs", "docker", "Makefile", "docs",
            "README.md", "LICENSE", "NOTICE", ".ci", ".swift-format", ".gitignore",
        ]
        let found = Set(
            tree.files.compactMap { $0.path.split(separator: "/").first.map(String.init) })
        #expect(found.subtracting(known).isEmpty)
    }

    @Test func `is drawn in the manifest as it is here`() throws {
        let manifest = try #require(tree.files.first { $0.path == "Package.swift" })
        let rooms = rooms(in: manifest)
        #expect(rooms.count > 15, "the manifest has a line for each room")
        for (room, used) in rooms {
            guard let allowed = FloorPlan.uses[room] else {
                Issue.record("\(room) is not in the floor plan")
                continue
            }
            let extra = used.subtracting(allowed)
            #expect(extra.isEmpty, "\(room) must not depend on \(extra.sorted())")
        }
    }

    private func imports(of file: SourceTree.File) -> [String] {
        file.lines.compactMap { line in
            let words = line.code.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 2, index + 1 < words.count,
                words[..<index].allSatisfy({ isImportModifier($0) })
            else { return nil }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "func", "protocol", "typealias",
            ]
            let name = kinds.contains(words[index + 1]) ? words.last : words[index + 1]
            return name?.split(separator: ".").first.map(String.init)
        }
    }

    private func isImportModifier(_ word: Substring) -> Bool {
        [
            "public", "package", "internal", "fileprivate", "private", "@testable",
            "@preconcurrency",
        ].contains(word)
    }

    /// `room("Name", ["A", "B"]…)` of the manifest.
    private func rooms(in manifest: SourceTree.File) -> [(String, Set<String>)] {
        let text = manifest.lines.joined(separator: " ")
        return text.split(separator: " room(").dropFirst().compactMap { piece in
            let quoted = piece.split(separator: "\"", omittingEmptySubsequences: false)
            guard quoted.count > 1, let open = piece.firstIndex(of: "[") else {
                return nil
            }
            // `room("WireSchema")` has no list of its own: the next bracket belongs to somebody else.
            let head = piece[..<open]
            guard !head.contains(")"), let close = piece.firstIndex(of: "]") else { return nil }
            let isSecondArgument = head.trimmingSuffix(while: { $0 == " " }).hasSuffix(",")
            guard isSecondArgument else { return nil }
            let list = piece[open..<close].split(separator: "\"").enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            return (String(quoted[1]), Set(list))
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
