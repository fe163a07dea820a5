/// Limits of files, functions and lines.
enum LengthRules {
    static let maximumFileLines = 500
    static let maximumTestFileLines = 1_200
    static let maximumFunctionLines = 70
    static let maximumColumns = 120

    static func fileFindings(_ file: SourceFile) -> [Finding] {
        let limit = file.isUnder(["Tests"]) ? maximumTestFileLines : maximumFileLines
        guard file.lineCount > limit else { return [] }
        let advice = "\(file.lineCount) lines, at most \(limit): split it, an extension to Type+Feature.swift"
        return [Finding(path: file.path, line: limit + 1, advice: advice)]
    }

    static func lineFindings(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard line.count > maximumColumns else { return nil }
            let advice = "\(line.count) columns, at most \(maximumColumns): break the line"
            return Finding(path: file.path, line: index + 1, advice: advice)
        }
    }

    static func functionFindings(_ file: SourceFile) throws -> [Finding] {
        try FunctionScanner.functions(in: file).compactMap { function in
            guard function.lineCount > maximumFunctionLines else { return nil }
            let advice = "a body of \(function.lineCount) lines, at most \(maximumFunctionLines): name its parts"
            return Finding(path: file.path, line: function.firstLine, advice: advice)
        }
    }
}
