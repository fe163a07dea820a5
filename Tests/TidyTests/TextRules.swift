/// Rules that read more than one line of code, or no code at all.
enum TextRules {
    /// Folders where `@unchecked Sendable` and `nonisolated(unsafe)` may stand, with a proof.
    ///
    /// Clients hold what C hands out. The simulator's executor is one thread by construction, and tasks must be able
    /// to hold it.
    static let uncheckedFolders = ["Sources/Clients", "Sources/Testing/Simulator"]

    /// `@unchecked Sendable` and `nonisolated(unsafe)` outside those folders, or without a comment above.
    static func uncheckedFindings(_ file: SourceFile) throws -> [Finding] {
        let pattern = try Pattern(#"@unchecked\s+Sendable|\bnonisolated\s*\(\s*unsafe\s*\)"#)
        return file.codeLines(matching: pattern).compactMap { line in
            if !file.isUnder(uncheckedFolders) {
                let advice = "unchecked: use an actor, a Sendable value or an Atomic; clients wrap what C needs"
                return Finding(path: file.path, line: line, advice: advice)
            }
            let above = file.lines[..<(line - 1)].last { !$0.trimmingPrefix(while: \.isWhitespace).hasPrefix("@") }
            let isProven = above?.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") ?? false
            return isProven
                ? nil : Finding(path: file.path, line: line, advice: "unchecked: say directly above why it is safe")
        }
    }

    /// Marks of work that was left over, in any text.
    static func markFindings(_ file: SourceFile) throws -> [Finding] {
        // In pieces, or this file would be found.
        let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
        let pattern = try Pattern(#"\b(?:\#(marks.joined(separator: "|")))\b"#)
        return file.lines.indices.filter { pattern.matches(file.lines[$0]) }.map {
            Finding(path: file.path, line: $0 + 1, advice: "a mark of unfinished work: finish it, or open an issue")
        }
    }

    /// Names that say nothing: of types, files and folders.
    static func nameFindings(_ file: SourceFile) throws -> [Finding] {
        let empty = #"\w*(?:Manager|Helper|Util|Utils|Utility|Utilities)s?"#
        let advice = "a name that says nothing: call it after what it does or holds"
        let declared = try Pattern(
            #"\b(?:struct|class|enum|actor|protocol|typealias|func)\s+\#(empty)\b"#)
        let named = try Pattern(#"(?:^|/)(?:\#(empty)|New)(?:[+./]|$)"#)
        let path = named.matches(file.path) ? [Finding(path: file.path, line: 1, advice: advice)] : []
        return path + file.codeLines(matching: declared).map { Finding(path: file.path, line: $0, advice: advice) }
    }
}
