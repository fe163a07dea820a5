import HoldpointCore
import JSON
import Testing

struct SecretMaskTests {
    @Test(arguments: [
        ("hunter22", "hunter22"), ("p ss/wörd", "p ss/wörd"), ("p ss/wörd", "p%20ss%2Fw%C3%B6rd"),
        ("p ss/wörd", "p%20ss%2fw%c3%b6rd"), ("p ss/wörd", "p+ss%2Fw%C3%B6rd"), ("p ss/wörd", #"p ss\/wörd"#),
        ("p ss/wörd", #"p ss/w\u00f6rd"#), ("p ss/wörd", #"p ss/w\u00F6rd"#), ("a\"b\nc", #"a\"b\nc"#),
        ("🔑key", #"\ud83d\udd11key"#), ("hunter22", "aHVudGVyMjI"), ("ÿÿÿÿ", "w7_Dv8O_w78"),
        ("ÿÿÿÿ", "w7/Dv8O/w78"),
    ])
    func `I9: a secret is hidden in each form`(secret: String, form: String) {
        let mask = SecretMask([.string(secret)])
        #expect(mask.masked("(\(form))") == "(***)")
    }

    @Test(arguments: ["", "a", "ab", "abc", "user:"])
    func `I9: a secret within what was encoded is hidden`(before: String) {
        let mask = SecretMask(["correct horse"])
        let masked = mask.masked("Basic " + Base64.encode("\(before)correct horse!".utf8))
        #expect(masked.contains("***"))
        let plain = Base64.encode("correct horse".utf8)
        for offset in 0..<3 {
            let inner = Base64.encode([UInt8](repeating: 0, count: offset) + Array("correct horse".utf8))
            #expect(!masked.contains(inner.dropFirst(4).prefix(8)))
        }
        #expect(!masked.contains(plain.prefix(8)))
    }

    @Test func `texts and numbers of a secret are hidden, at any depth`() {
        let mask = SecretMask([["username": "operator", "pin": 40_404, "more": ["inner-part"], "yes": true]])
        let value: JSONValue = [
            "a": "the operator", "inner-part": 1, "pin": 40_404, "longer": 1_404_041, "other": 5, "b": true, "c": nil,
            "list": ["x", "xinner-part"],
        ]
        #expect(
            mask.masked(value) == [
                "a": "the ***", "***": 1, "pin": "***", "longer": "1***1", "other": 5, "b": true, "c": nil,
                "list": ["x", "x***"],
            ])
    }

    @Test func `secrets that overlap are hidden whole`() {
        let mask = SecretMask(["abcdef", "defghi", "abcd"])
        #expect(mask.masked("-abcdefghi-abcd-") == "-***-***-")
        #expect(mask.masked("abcdabcd") == "******")
    }

    @Test func `what is shorter than four bytes is not hidden`() {
        #expect(SecretMask.minimumBytes == 4)
        #expect(SecretMask(["abc", "", 12]).masked("abc12") == "abc12")
    }

    @Test func `bytes that are no text are masked, too`() {
        #expect(
            SecretMask(["hunter22"]).masked([0xFF, 0x00] + Array("hunter22".utf8)) == [0xFF, 0] + Array("***".utf8))
    }

    @Test func `I9: a mask does not tell what it hides`() {
        let mask = SecretMask(["hunter22"])
        #expect(!"\(mask)\(String(reflecting: mask))".contains("hunter22"))
    }
}
