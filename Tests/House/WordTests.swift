import Testing

@Suite("Words")
struct WordTests {
    private let tree = SourceTree.shared

    /// Reports every line of `files` whose code contains one of `words`.
    private func expectNone(
        of words: [String], in files: [SourceTree.File], _ reason: String,
        except allowed: (SourceTree.File) -> Bool = { _ in false }
    ) {
        for file in files where !allowed(file) {
            for word in words {
                for (number, line) in file.lines(with: word) where line.code.contains(word) {
                    Issue.record("\(file.path):\(number): \(word): \(reason)")
                }
            }
        }
    }

    @Test func `that name nothing are no file's name`() {
        let banned = ["Utils", "Util", "Helpers", "Helper", "Common", "Misc", "New", "Stuff"]
        for file in tree.swift {
            let parts = file.folders + [String(file.name.dropLast(".swift".count))]
            for part in parts where banned.contains(part) {
                Issue.record("\(file.path): \(part) says nothing")
            }
            let stem = file.name.split(separator: "+")[0]
            #expect(
                !["Utils", "Helpers", "Util.swift", "Utils.swift", "Helpers.swift"].contains {
                    stem.hasSuffix($0)
                }, "\(file.path) says nothing")
        }
    }

    @Test func `that crash or swallow stay out of the sources`() {
        expectNone(
            of: ["try!", " as! ", " try? ", "(try? ", "fatalError("], in: tree.sources,
            "handle the error, or say by preconditionFailure why it cannot be",
            except: { ["WireGeneratorPlugin", "wire-generator"].contains($0.room) })
        expectNone(of: ["catch {}", "catch { }"], in: tree.sources, "an error is answered")
    }

    @Test func `of concurrency stay out of the data plane`() {
        let servers = FloorPlan.minds.union([
            "Bytes", "Model", "Ports", "Wire", "Records", "Compression", "Configuration",
            "Telemetry",
            "LogStorage", "Platform", "Networking", "Broker",
        ])
        expectNone(
            of: ["Task {", "Task.detached", "Task.sleep", " async ", "await ", "DispatchQueue"],
            in: tree.sources.filter { servers.contains($0.room) },
            "one loop owns a partition; loops exchange messages")
    }

    @Test func `of waiting stay out of tests`() {
        expectNone(
            of: [" sleep(", "\tsleep(", "usleep(", "Task.sleep", ".sleep(for"], in: tree.tests,
            "a test waits for a condition, never for time")
    }

    @Test func `of unsafety stay in their rooms`() {
        expectNone(
            of: ["unsafe "], in: tree.sources, "unsafe code has five rooms",
            except: { FloorPlan.unsafeRooms.contains($0.room) || $0.room == "wire-generator" })
        expectNone(
            of: ["@unchecked Sendable", "nonisolated(unsafe)"], in: tree.sources,
            "Sendable is earned", except: { FloorPlan.uncheckedRooms.contains($0.room) })
        for file in tree.sources {
            let isUnchecked =
                file.text.contains("@unchecked Sendable")
                || file.text.contains("nonisolated(unsafe)")
            let isExplained = !isUnchecked || file.text.contains("SAFETY:")
            #expect(isExplained, "\(file.path): say who guarantees what")
        }
    }

    @Test func `that promise work carry an issue's number`() {
        for file in tree.files where file.room != "House" {
            for word in ["TODO", "FIXME", "XXX", "HACK"] {
                for (number, line) in file.lines(with: word) {
                    guard let range = line.range(of: word) else { continue }
                    let rest = line[range.upperBound...]
                    let isWord = rest.first.map { !$0.isLetter } ?? true
                    let isAllowed = !isWord || rest.hasPrefix("(#")
                    #expect(isAllowed, "\(file.path):\(number): \(word)")
                }
            }
        }
    }

    @Test func `of one machine are nowhere`() {
        let places = ["/" + "work/", "/" + "home/", "/" + "root/", "/" + "Users/"]
        for file in tree.files where file.room != "House" {
            for place in places {
                for (number, _) in file.lines(with: place) {
                    Issue.record("\(file.path):\(number): \(place)")
                }
            }
        }
    }

    @Test func `that end strangers' processes are in no script`() {
        for file in tree.files where !file.isSwift && !file.path.hasSuffix(".md") {
            for word in ["pkill", "killall"] {
                for (number, _) in file.lines(with: word) {
                    Issue.record("\(file.path):\(number): \(word) ends what it did not start")
                }
            }
        }
    }

    @Test func `of a test make a sentence`() {
        for file in tree.tests {
            for (number, line) in file.lines(with: "@Test") {
                let next = number < file.lines.count ? file.lines[number] : ""
                guard line.contains("func ") || next.contains("func ") else { continue }
                let name = line.contains("func ") ? line : next
                #expect(name.contains("func `"), "\(file.path):\(number): a test is a sentence")
            }
        }
    }
}

extension Substring {
    /// Where `word` first stands.
    fileprivate func range(of word: String) -> Range<Substring.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(word) {
                return start..<index(start, offsetBy: word.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
