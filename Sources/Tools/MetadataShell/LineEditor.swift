/// A line that somebody types, key by key: bytes of a terminal in raw mode in, what to show out.
struct LineEditor {
    enum Event: Equatable {
        /// Draw the line anew.
        case changed
        /// The line is finished.
        case line(String)
        /// Tab: more than one thing would fit.
        case choices([String])
        /// Ctrl-C: the line is given up.
        case abandoned
        /// Ctrl-D on an empty line.
        case ended
    }

    /// The longest line.
    static let lengthMax = 4_096

    private(set) var text: [Character] = []
    /// Where the next character goes.
    private(set) var cursor = 0
    private var history: [String]
    /// The line of the history that is shown; its count for the one that is typed.
    private var place: Int
    /// What was typed before the history was looked at.
    private var draft: [Character] = []
    private var escape: [UInt8] = []
    private var partial: [UInt8] = []

    init(history: [String] = []) {
        self.history = history
        place = history.count
    }

    var line: String { String(text) }

    /// Takes one byte. Nil while a key is not whole yet, or means nothing.
    mutating func take(_ byte: UInt8, completing: (String) -> [String]) -> Event? {
        guard escape.isEmpty else { return takeEscape(byte) }
        switch byte {
        case 0x1b: escape = [byte]
        case 0x0d, 0x0a: return finish()
        case 0x03: return clear(.abandoned)
        case 0x04: return text.isEmpty ? .ended : remove(at: cursor)
        case 0x09: return complete(completing)
        case 0x7f, 0x08: return remove(at: cursor - 1)
        case 0x01: return move(to: 0)
        case 0x05: return move(to: text.count)
        case 0x02: return move(to: cursor - 1)
        case 0x06: return move(to: cursor + 1)
        case 0x0b: return cut(cursor..<text.count)
        case 0x15: return cut(0..<cursor)
        case 0x17: return cut(wordStart..<cursor)
        case 0x10: return look(at: place - 1)
        case 0x0e: return look(at: place + 1)
        case 0x00..<0x20: break
        default: return insert(byte)
        }
        return nil
    }

    /// Keys that a terminal sends as ESC [ letter, ESC O letter, or ESC [ number ~.
    private mutating func takeEscape(_ byte: UInt8) -> Event? {
        escape.append(byte)
        if escape.count == 2 {
            if byte != UInt8(ascii: "["), byte != UInt8(ascii: "O") { escape = [] }
            return nil
        }
        if byte >= 0x30, byte <= 0x3b, escape.count < 8 { return nil }
        let keys = String(decoding: escape.dropFirst(2), as: UTF8.self)
        escape = []
        switch keys {
        case "A": return look(at: place - 1)
        case "B": return look(at: place + 1)
        case "C": return move(to: cursor + 1)
        case "D": return move(to: cursor - 1)
        case "H", "1~", "7~": return move(to: 0)
        case "F", "4~", "8~": return move(to: text.count)
        case "3~": return remove(at: cursor)
        default: return nil
        }
    }

    // MARK: Changes

    private mutating func insert(_ byte: UInt8) -> Event? {
        partial.append(byte)
        guard let added = String(validating: partial, as: UTF8.self) else {
            // No character has more than four bytes: these are none.
            if partial.count >= 4 { partial = [] }
            return nil
        }
        partial = []
        guard text.count < Self.lengthMax else { return nil }
        text.insert(contentsOf: added, at: cursor)
        cursor += added.count
        return .changed
    }

    private mutating func finish() -> Event {
        let line = line
        return clear(.line(line))
    }

    private mutating func clear(_ event: Event) -> Event {
        text = []
        cursor = 0
        return event
    }

    private mutating func remove(at index: Int) -> Event? {
        guard text.indices.contains(index) else { return nil }
        text.remove(at: index)
        cursor = index
        return .changed
    }

    private mutating func cut(_ range: Range<Int>) -> Event? {
        guard !range.isEmpty else { return nil }
        text.removeSubrange(range)
        cursor = range.lowerBound
        return .changed
    }

    private mutating func move(to index: Int) -> Event? {
        guard (0...text.count).contains(index) else { return nil }
        cursor = index
        return .changed
    }

    private var wordStart: Int {
        var start = cursor
        while start > 0, text[start - 1] == " " { start -= 1 }
        while start > 0, text[start - 1] != " " { start -= 1 }
        return start
    }

    private mutating func look(at index: Int) -> Event? {
        guard (0...history.count).contains(index) else { return nil }
        if place == history.count { draft = text }
        place = index
        text = index == history.count ? draft : Array(history[index])
        cursor = text.count
        return .changed
    }

    private mutating func complete(_ completing: (String) -> [String]) -> Event? {
        let head = String(text[..<cursor])
        let found = completing(head)
        guard let first = found.first else { return nil }
        let common = found.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        if common.count > head.count, common.count <= Self.lengthMax {
            text.replaceSubrange(..<cursor, with: Array(common))
            cursor = common.count
            return .changed
        }
        return found.count > 1 ? .choices(found) : nil
    }
}

extension String {
    /// What both begin with.
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
