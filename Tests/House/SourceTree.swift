import Glibc

/// The project's files as the house rules see them: read once, in sorted order.
struct SourceTree: Sendable {
    struct File: Sendable {
        /// Below the project's top, as in `Sources/Raft/Quorum.swift`.
        let path: String
        let text: String
        let lines: [Substring]

        var name: String { path.split(separator: "/").last.map(String.init) ?? path }
        var folders: [String] { path.split(separator: "/").dropLast().map(String.init) }
        /// The second folder: `Raft` of `Sources/Raft/Quorum.swift`.
        var room: String { folders.count > 1 ? folders[1] : "" }
        var isSwift: Bool { path.hasSuffix(".swift") }

        /// Lines, from 1, that hold `word` somewhere. Looks into the whole text first: most files have none.
        func lines(with word: String) -> [(number: Int, line: Substring)] {
            guard text.contains(word) else { return [] }
            return lines.enumerated().filter { $0.element.contains(word) }
                .map { ($0.offset + 1, $0.element) }
        }
        var isTest: Bool { path.hasPrefix("Tests/") }
    }

    static let shared = SourceTree()

    /// Absolute path of the project's top.
    let top: String
    let files: [File]

    private init() {
        top = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        var files: [File] = []
        Self.walk(top, "", into: &files)
        self.files = files.sorted { $0.path < $1.path }
    }

    /// Swift files of rooms and doors. What the house's own tests say about bans would break the bans.
    var swift: [File] { files.filter { $0.isSwift && $0.room != "House" } }
    var sources: [File] { swift.filter { $0.path.hasPrefix("Sources/") } }
    var tests: [File] { swift.filter(\.isTest) }

    func contains(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat("\(top)/\(path)", &status) == 0
    }

    func text(_ path: String) -> String? { Self.read("\(top)/\(path)") }

    /// Writes a generated page.
    func write(_ path: String, _ text: String) -> Bool {
        guard let file = unsafe fopen("\(top)/\(path)", "w") else { return false }
        let bytes = Array(text.utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, file)
        return unsafe fclose(file) == 0 && written == bytes.count
    }

    /// Whether generated pages are to be written anew instead of compared.
    static var isRegenerating: Bool { unsafe getenv("MARTLET_REGENERATE") != nil }

    private static let readSuffixes = [
        ".swift", ".md", ".py", ".sh", ".properties", ".yml", ".schema", ".c", ".h", ".patch",
    ]
    private static let readNames: Set<String> = ["Makefile", "run", "LICENSE", "NOTICE"]

    private static func walk(_ top: String, _ path: String, into files: inout [File]) {
        for name in entries(of: path.isEmpty ? top : "\(top)/\(path)") {
            let isSkipped =
                name.hasPrefix(".build") || [".git", ".venv", "martlet-data"].contains(name)
            if isSkipped || name == "__pycache__" { continue }
            let inner = path.isEmpty ? name : "\(path)/\(name)"
            if readNames.contains(name) || readSuffixes.contains(where: name.hasSuffix) {
                if let text = read("\(top)/\(inner)") {
                    files.append(
                        File(
                            path: inner, text: text,
                            lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
                    continue
                }
            }
            walk(top, inner, into: &files)
        }
    }

    /// Names in a directory; none if it is no directory.
    private static func entries(of directory: String) -> [String] {
        guard let handle = unsafe opendir(directory) else { return [] }
        defer { unsafe _ = closedir(handle) }
        var names: [String] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func read(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe _ = fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return unsafe ferror(file) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }
}

extension Substring {
    /// The line without its comment and without what its string literals say.
    var code: String {
        guard contains("/") || contains("\"") else { return String(self) }
        var result = ""
        var isInString = false
        var previous: Character = " "
        for character in self {
            if character == "\"", previous != "\\" {
                isInString.toggle()
            } else if character == "/", previous == "/", !isInString {
                result.removeLast()
                break
            }
            if !isInString { result.append(character) }
            previous = character
        }
        return result
    }
}
