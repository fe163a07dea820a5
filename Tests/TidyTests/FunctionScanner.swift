/// Finds the outermost pairs of braces that are no type: functions, initializers, accessors, closures in properties.
struct FunctionScanner {
    struct Function: Equatable {
        let firstLine: Int
        let lastLine: Int
        var lineCount: Int { lastLine - firstLine + 1 }
    }

    /// What a pair of braces that is still open belongs to.
    private enum Block {
        case type
        case function(firstLine: Int)
        /// Inside a function, or in the parentheses of a declaration (a closure as a default value).
        case nested

        var isFunction: Bool { if case .function = self { true } else { false } }
    }

    private let keyword: Pattern
    private var blocks: [Block] = []
    private var functions: [Function] = []
    /// The code since the last brace, without what stands in parentheses: what a brace that opens next belongs to.
    private var header: [(line: Int, code: String)] = []
    private var openParentheses = 0

    static func functions(in file: SourceFile) throws -> [Function] {
        var scanner = try FunctionScanner()
        for (index, line) in file.codeLines.enumerated() { scanner.scan(line, number: index + 1) }
        return scanner.functions
    }

    private init() throws {
        keyword = try Pattern(
            #"\b(struct|class|enum|actor|extension|protocol)\s+(?!func\b|var\b|let\b|subscript\b)[\w`]"#
                + #"|\b(?:func|subscript|deinit|var|let)\b|(?<![.\w])init\b"#)
    }

    private mutating func scan(_ line: String, number: Int) {
        var code = ""
        for character in line {
            switch character {
            case "{":
                header.append((number, code))
                code = ""
                open(number)
            case "}":
                code = ""
                close(number)
            default:
                if character == "(" { openParentheses += 1 }
                if openParentheses == 0 { code.append(character) }
                if character == ")" { openParentheses -= 1 }
            }
        }
        header.append((number, code))
    }

    private mutating func open(_ number: Int) {
        if openParentheses > 0 || blocks.contains(where: \.isFunction) {
            blocks.append(.nested)
            return
        }
        // The last keyword before the brace decides; a type's keyword is what the group captures.
        let declaration = header.last { keyword.matches($0.code) }
        let isType = declaration.flatMap { keyword.captures(1, in: $0.code).last?.isEmpty } == false
        blocks.append(isType ? .type : .function(firstLine: declaration?.line ?? number))
        header.removeAll()
    }

    private mutating func close(_ number: Int) {
        if case .function(let firstLine) = blocks.popLast() {
            functions.append(Function(firstLine: firstLine, lastLine: number))
        }
        if openParentheses == 0 { header.removeAll() }
    }
}
