import Configuration
import Testing

@Suite("The configuration's papers")
struct ConfigurationPaperTests {
    private let tree = SourceTree.shared

    @Test func `say what the table says`() {
        if SourceTree.isRegenerating {
            #expect(tree.write(ConfigurationPage.path, ConfigurationPage.text))
        } else {
            #expect(
                tree.text(ConfigurationPage.path) == ConfigurationPage.text,
                "run MARTLET_REGENERATE=1 swift test --filter House")
        }
    }

    @Test func `start a node without a warning, each of them`() throws {
        let files = tree.files.filter {
            $0.path.hasPrefix("cluster-configs/") && $0.path.hasSuffix(".properties")
        }
        #expect(files.count == 10)
        for file in files {
            let properties = try Properties(parsing: file.lines.joined(separator: "\n"))
            do {
                let node = try NodeConfiguration.parse(properties, hostName: "localhost")
                #expect(node.warnings.isEmpty, "\(file.path): \(node.warnings)")
            } catch {
                Issue.record("\(file.path): \(error)")
            }
        }
    }
}

@Suite("The generated papers")
struct GeneratedPaperTests {
    private let tree = SourceTree.shared

    private func compare(_ path: String, _ text: String) {
        if SourceTree.isRegenerating {
            #expect(tree.write(path, text))
        } else {
            #expect(
                tree.text(path) == text, "run MARTLET_REGENERATE=1 swift test --filter House")
        }
    }

    @Test func `name every tool and its flags`() { compare(ToolsPage.path, ToolsPage.text) }

    @Test func `name every API and every error`() {
        compare(ProtocolPage.path, ProtocolPage.text)
    }
}
