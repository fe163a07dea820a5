import Foundation

/// A file of the tree: its path from the top, its text, and its text without comments and strings.
struct SourceFile: Sendable {
    let path: String
    let lines: [String]
    /// The lines of `CodeMask.code(of:)`, as many as `lines`.
    let codeLines: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let code = path.hasSuffix(".swift") ? CodeMask.code(of: text) : text
        codeLines = code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// How many lines it has; the line end of the last one does not begin another.
    var lineCount: Int {
        lines.last == "" ? lines.count - 1 : lines.count
    }

    func isUnder(_ folders: [String]) -> Bool {
        folders.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// The numbers (from 1) of the lines whose code matches.
    func codeLines(matching pattern: Pattern) -> [Int] {
        codeLines.indices.filter { pattern.matches(codeLines[$0]) }.map { $0 + 1 }
    }
}

/// A regular expression (ICU's notation).
struct Pattern {
    private let expression: NSRegularExpression

    init(_ text: String) throws {
        expression = try NSRegularExpression(pattern: text)
    }

    func matches(_ text: String) -> Bool {
        expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    /// The text of a group in each match, empty where the group took no part.
    func captures(_ group: Int, in text: String) -> [String] {
        expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).map { match in
            Range(match.range(at: group), in: text).map { String(text[$0]) } ?? ""
        }
    }
}

/// Where a rule is broken, and what to do instead.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    let line: Int
    let advice: String

    var description: String { "\(path):\(line): \(advice)" }
}
