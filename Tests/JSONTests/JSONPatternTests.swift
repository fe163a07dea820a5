import JSON
import Testing

@Suite struct JSONPatternTests {
    @Test(arguments: PatternSample.all)
    func `a pattern matches what it names`(sample: PatternSample) throws {
        let pattern = try JSONPattern(sample.pattern)
        for text in sample.matching { #expect(matches(pattern, text) == true, "\(text.debugDescription)") }
        for text in sample.failing { #expect(matches(pattern, text) == false, "\(text.debugDescription)") }
    }

    @Test(arguments: [
        ("(", 1), (")", 0), ("(?:a", 4), ("[a", 2), ("[b-a]", 1), ("[\\d-z]", -1), ("[a-\\d]", 1), ("*a", 0),
        ("a**", 2),
        ("^*", 1), ("{3}", 0), ("a{3,1}", 1), ("\\", 1), ("\\a", 1), ("\\1", 1), ("(a)\\k<a>", 4), ("(?i)a", 2),
        ("(?<a", 4), ("(?<>a)", 3), ("\\u12", 4), ("\\u{110000}", 2), ("\\x1", 3), ("\\p{Script=Greek}", 2),
        ("\\p{letter}", 2), ("\\pL", 2), ("\\c1", 3), ("\\01", 1), ("\\Z", 1), ("\\é", 1),
    ])
    func `what is no pattern is refused with its place`(text: String, offset: Int) {
        if offset < 0 {
            #expect(throws: Never.self) { try JSONPattern(text) }
        } else {
            let error = #expect(throws: JSONPatternError.self) { try JSONPattern(text) }
            #expect(error?.offset == offset)
        }
    }

    @Test func `every limit holds at its edge`() throws {
        #expect(throws: Never.self) { try JSONPattern(String(repeating: "a", count: 4_096)) }
        #expect(throws: JSONPatternError.self) { try JSONPattern(String(repeating: "a", count: 4_097)) }
        #expect(throws: Never.self) { try JSONPattern("a{19000}") }
        #expect(throws: JSONPatternError.self) { try JSONPattern("a{20001}") }
        #expect(throws: JSONPatternError.self) { try JSONPattern("(?:a{1000}){1000}") }
        #expect(throws: JSONPatternError.self) { try JSONPattern("(?:(?:){99999}){99999}") }
        #expect(throws: JSONPatternError.self) { try JSONPattern("a{99999999999999999999}") }
        let deep = { (depth: Int) in
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(throws: Never.self) { try JSONPattern(deep(32)) }
        #expect(throws: JSONPatternError.self) { try JSONPattern(deep(33)) }
    }

    @Test(arguments: ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){10}$", "^(?:a?){30}a{30}$", "(x+x+)+y"])
    func `no pattern takes long where others blow up`(text: String) throws {
        let pattern = try JSONPattern(text)
        var steps = 1_000_000
        let long = String(repeating: "a", count: 1_000) + String(repeating: "x", count: 1_000) + "!"
        #expect(pattern.matches(long, steps: &steps) == false)
        #expect(steps > 500_000)
    }

    @Test func `steps that run out are no answer`() throws {
        let text = String(repeating: "a", count: 1_000)
        let looking = try JSONPattern("^(?:a(?=.*$))*b$")
        var enough = 10_000_000
        #expect(looking.matches(text, steps: &enough) == false)
        var short = 100_000
        #expect(looking.matches(text, steps: &short) == nil)
        #expect(short <= 0 && short > -1_000)
        #expect(looking.matches("", steps: &short) == nil)
    }

    private func matches(_ pattern: JSONPattern, _ text: String) -> Bool? {
        var steps = 100_000
        return pattern.matches(text, steps: &steps)
    }
}

/// A pattern with texts that match and texts that do not.
struct PatternSample: Sendable, CustomTestStringConvertible {
    let pattern: String
    let matching: [String]
    let failing: [String]

    init(_ pattern: String, _ matching: [String], not failing: [String]) {
        self.pattern = pattern
        self.matching = matching
        self.failing = failing
    }

    var testDescription: String { pattern }

    static let all: [PatternSample] = plain + repeats + classes + escapes + looks

    private static let plain: [PatternSample] = [
        PatternSample("", ["", "a"], not: []),
        PatternSample("b", ["b", "abc"], not: ["", "a"]),
        PatternSample("^b", ["b", "bc"], not: ["ab"]),
        PatternSample("b$", ["b", "ab"], not: ["bc", "b\n"]),
        PatternSample("^ab|cd$", ["abx", "xcd"], not: ["xab", "cdx"]),
        PatternSample("^(?:ab|cd)$", ["ab", "cd"], not: ["abcd", "a"]),
        PatternSample("^(?<year>\\d{4})-(\\d\\d)$", ["2026-11"], not: ["226-11"]),
        PatternSample("^(|a)$", ["", "a"], not: ["b"]),
        PatternSample("^a.c$", ["abc", "aéc", "a😀c"], not: ["a\nc", "a\u{2028}c", "ac"]),
        PatternSample("^{.*}$", ["{}", "{x}"], not: ["x"]),
        PatternSample("^[a-z]{2,}-x{,2}$", ["ab-x{,2}"], not: ["ab-xx"]),
        PatternSample("a]}", ["a]}"], not: ["a"]),
    ]

    private static let repeats: [PatternSample] = [
        PatternSample("^a*$", ["", "aaa"], not: ["ab"]),
        PatternSample("^a+?$", ["a", "aaa"], not: [""]),
        PatternSample("^a??b$", ["b", "ab"], not: ["aab"]),
        PatternSample("^a{2}$", ["aa"], not: ["a", "aaa"]),
        PatternSample("^a{2,}$", ["aa", "aaaa"], not: ["a"]),
        PatternSample("^a{1,3}$", ["a", "aa", "aaa"], not: ["", "aaaa"]),
        PatternSample("^(?:ab){0}$", [""], not: ["ab"]),
        PatternSample("^(?:a*)*$", ["", "aa"], not: ["b"]),
        PatternSample("^(?:a|b(?:c|d)*)+e$", ["abcdae", "be"], not: ["e", "ace"]),
    ]

    private static let classes: [PatternSample] = [
        PatternSample("^[a-c_.-]+$", ["abc", "a-b.c_"], not: ["d", "a,b"]),
        PatternSample("^[^a-c]$", ["d", "é", "\n"], not: ["a", ""]),
        PatternSample("^[\\w-]+$", ["a-b"], not: ["é"]),
        PatternSample("^[\\D]$", ["a"], not: ["1"]),
        PatternSample("^[^\\d\\s]$", ["a"], not: ["1", " "]),
        PatternSample("^[]$", [], not: ["", "a"]),
        PatternSample("^[^]$", ["a", "\n"], not: [""]),
        PatternSample("^[\\]\\\\\\b^]+$", ["]\\^", "\u{8}"], not: ["b"]),
        PatternSample("^[\\u{1F600}-\\u{1F64F}]$", ["😀"], not: ["a", "🐲"]),
        PatternSample("^[+-]?[0-9]+([.,][0-9]{2})?$", ["+1", "12,50", "-3"], not: ["1.5", "--1"]),
    ]

    private static let escapes: [PatternSample] = [
        PatternSample("^\\d\\D$", ["1a"], not: ["11", "a1", "\u{661}a"]),
        PatternSample("^\\w\\W$", ["_-"], not: ["é-"]),
        PatternSample("^\\s\\S$", [" a", "\u{FEFF}a", "\u{2003}a"], not: ["a ", "\u{200B}a"]),
        PatternSample("^\\t\\n\\v\\f\\r\\0$", ["\t\n\u{B}\u{C}\r\0"], not: ["tnvfr0"]),
        PatternSample("^\\cA\\x41\\u0042\\u{43}\\ud83d\\ude00$", ["\u{1}ABC😀"], not: ["aABC"]),
        PatternSample("^\\/\\.\\-\\_\\@\\{\\}$", ["/.-_@{}"], not: ["/x-_@{}"]),
        PatternSample("^\\p{L}+$", ["aéЖ"], not: ["1", "a1"]),
        PatternSample("^\\p{Letter}\\P{Letter}$", ["a1"], not: ["aa"]),
        PatternSample("^\\p{Lu}\\p{Ll}$", ["Éé"], not: ["éÉ"]),
        PatternSample("^\\p{gc=Nd}\\p{General_Category=Decimal_Number}$", ["1\u{661}"], not: ["aa"]),
        PatternSample("^[\\p{Sc}\\p{P}]$", ["€", "!"], not: ["a"]),
        PatternSample("^\\p{Alphabetic}\\p{White_Space}\\p{ASCII}\\p{Any}$", ["a a😀"], not: ["1 a😀"]),
        PatternSample("\\bcat\\b", ["a cat.", "cat"], not: ["cats", "concat"]),
        PatternSample("\\Bcat\\B", ["xcaty"], not: ["cat", "xcat", "caty"]),
    ]

    private static let looks: [PatternSample] = [
        PatternSample("^(?=.*\\d)(?=.*[a-z]).{4,}$", ["abc1"], not: ["abcd", "1a"]),
        PatternSample("^(?!con$)[a-z]+$", ["com", "cons"], not: ["con"]),
        PatternSample("(?<=€)\\d+$", ["€15"], not: ["$15"]),
        PatternSample("(?<!-)\\b\\d+$", ["15", "a 15"], not: ["-15"]),
        PatternSample("(?<=^ab?)c$", ["ac", "abc"], not: ["xac", "bc"]),
        PatternSample("^(?=(?!b).)..$", ["ab"], not: ["bb"]),
    ]
}
