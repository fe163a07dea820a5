import Testing

struct MaskTests {
    @Test(arguments: [
        ("let a = 1 // try!", "let a = 1        "),
        ("a /* x /* y */ z */ b", "a                   b"),
        ("\"try!\" + x", "\"    \" + x"),
        ("\"a\\(f(\"b\", (1)))c\"", "\" \\(f(\" \", (1))) \""),
        ("#\"a\"\\(b)\\#(c)\"#", "#\"      \\#(c)\"#"),
        ("\"\\\"//\" + y", "\"    \" + y"),
        ("func `a { b`() {}", "func `_____`() {}"),
        ("\"\"\"\n{ \"quoted\" }\n\"\"\" + z", "\"\"\"\n            \n\"\"\" + z"),
        ("\"open\nlet b = 2", "\"    \nlet b = 2"),
        ("#if DEBUG\nx\n#endif", "#if DEBUG\nx\n#endif"),
    ])
    func `comments and strings are blanked, code stays in its place`(text: String, code: String) {
        #expect(CodeMask.code(of: text) == code)
    }

    @Test func `the mask keeps as many lines as the text`() {
        let text = "/* a\n b */\nlet s = \"\"\"\n  // no comment \\(x)\n  \"\"\"\n\n"
        let file = SourceFile(path: "Sources/A.swift", text: text)
        #expect(file.lines.count == file.codeLines.count)
        #expect(file.lineCount == 6)
    }
}
