import Testing
import YAMLClient

@Suite("Reading YAML events")
struct YAMLReaderTests {
    /// The events of a text up to its end.
    private func events(_ text: String) throws -> [YAMLEvent] { try events(Array(text.utf8)) }

    private func events(_ bytes: [UInt8]) throws -> [YAMLEvent] {
        var reader = try YAMLReader(bytes)
        var events: [YAMLEvent] = []
        while true {
            let event = try reader.next()
            if event.content == .streamEnd { return events }
            events.append(event)
        }
    }

    private func failure(_ bytes: [UInt8]) -> YAMLError? {
        do {
            _ = try events(bytes)
            return nil
        } catch {
            return error as? YAMLError
        }
    }

    private func failure(_ text: String) -> YAMLError? { failure(Array(text.utf8)) }

    private func scalar(
        _ text: String, isPlain: Bool = true, anchor: String? = nil, tag: String? = nil
    ) -> YAMLEvent.Content {
        .scalar(YAMLScalar(text: text, isPlain: isPlain, properties: YAMLProperties(anchor: anchor, tag: tag)))
    }

    @Test func `a text comes as the events of its documents`() throws {
        let text = """
            %YAML 1.2
            --- &all
            a: [1, 'x', "\\u00e9\\n"]
            b: &b !!str 2
            c: *b
            d: |
              two
              lines
            """
        let empty = YAMLProperties()
        #expect(
            try events(text).map(\.content) == [
                .documentStart(version: YAMLVersion(major: 1, minor: 2)),
                .mappingStart(YAMLProperties(anchor: "all")),
                scalar("a"), .sequenceStart(empty), scalar("1"), scalar("x", isPlain: false),
                scalar("é\n", isPlain: false), .sequenceEnd,
                scalar("b"), scalar("2", anchor: "b", tag: "tag:yaml.org,2002:str"),
                scalar("c"), .alias("b"),
                scalar("d"), scalar("two\nlines", isPlain: false),
                .mappingEnd, .documentEnd,
            ])
        #expect(try events("a: 1").first?.content == .documentStart(version: nil))
        #expect(try events("a: 1\n--- b\n").filter { $0.content == .documentEnd }.count == 2)
        #expect(try events("") == [])
    }

    @Test func `events and errors have a line and a column in characters`() throws {
        let found = try events("é: [1,\n  ü, x]")
        let places = found.filter { if case .scalar = $0.content { true } else { false } }.map(\.place)
        #expect(
            places == [
                YAMLPlace(line: 1, column: 1), YAMLPlace(line: 1, column: 5), YAMLPlace(line: 2, column: 3),
                YAMLPlace(line: 2, column: 6),
            ])
        #expect(failure("a: 1\nb: [1, 2\nc: 3\n")?.place == YAMLPlace(line: 3, column: 2))
        #expect(failure("a: 1\né \u{7}\n")?.place == YAMLPlace(line: 2, column: 3))
        #expect(failure([0x61, 0x0A, 0xFF])?.place == YAMLPlace(line: 2, column: 1))
        #expect(failure("a: b: c")?.detail == "mapping values are not allowed in this context")
    }

    @Test func `after its end or an error a text gives no more events`() throws {
        var reader = try YAMLReader(Array("a".utf8))
        for _ in 0..<4 { _ = try reader.next() }
        #expect(try reader.next().content == .streamEnd)
        var broken = try YAMLReader(Array("]".utf8))
        #expect(throws: YAMLError.self) { while try broken.next().content != .streamEnd {} }
        #expect(try broken.next().content == .streamEnd)
    }

    @Test func `what YAML 1.1 takes for a line break and YAML 1.2 does not is refused`() {
        for character in ["\u{85}", "\u{2028}", "\u{2029}"] {
            #expect(failure("a: 1\nb: \"x\(character)y\"")?.place == YAMLPlace(line: 2, column: 6), "\(character)")
        }
        for character in ["\u{84}\u{E4}", "\u{2027}", "\u{202A}"] {
            #expect(failure("a: \"\(character)\"")?.detail.contains("escapes") != true, "\(character)")
        }
    }

    @Test func `a text of 1 MiB is read, and one byte more is refused`() throws {
        let text = "a: " + String(repeating: "x", count: YAMLReader.maximumBytes - 3)
        #expect(try events(text).count == 6)
        #expect(failure(text + "x")?.detail == "the text is longer than 1048576 bytes")
    }

    @Test func `16 directives are read, and more are refused before they are compared`() throws {
        func text(_ count: Int) -> String {
            (0..<count).map { "%TAG !t\($0)! a\n" }.joined() + "--- a\n"
        }
        #expect(try events(text(YAMLReader.maximumDirectives)).count == 3)
        let error = failure(text(YAMLReader.maximumDirectives + 1))
        #expect(error == YAMLError("more than 16 lines begin with %", at: YAMLPlace(line: 17, column: 1)))
        #expect(failure("a\n...\r" + text(60_000))?.detail == "more than 16 lines begin with %")
    }

    // Some seconds; under a sanitizer ten times as many.
    @Test(.timeLimit(.minutes(10)))
    func `texts made to be slow are read or refused in time`() throws {
        let size = YAMLReader.maximumBytes
        let unit: [String] = [
            "[", "{", "[{", "- ", "? ", "&a ", "*a ", "!a ", "\"", "'", "a: ", "a:\n ", "#\n", "\n", "\t", ": ", ",",
            "[a,",
            "{a:", "- - \n", "|\n", "\\", "%", "...\n", "---\n", "--- a\n", "? a\n", "a\n", " a", "\"\\u0041", "é",
            "<<: ",
        ]
        for part in unit {
            let bytes = Array(String(repeating: part, count: size / part.utf8.count).utf8)
            // Whoever composes stops at a depth; here 100 is enough to see that the events come at once.
            var reader = try? YAMLReader(bytes)
            var depth = 0
            walk: while let content = try? reader?.next().content, content != .streamEnd {
                switch content {
                case .sequenceStart, .mappingStart: depth += 1
                case .sequenceEnd, .mappingEnd: depth -= 1
                default: break
                }
                if depth > 100 { break walk }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `cut and changed texts give events or an error`() {
        let sample = Array(
            "%YAML 1.2\n---\na: &x [1, {b: 'c', \"d\\x41\": !!str e}]\nf: *x\ng: |2-\n   h\n ? i\n : >\n  j\n...\n".utf8
        )
        let marks = Array("[{]}*&!|>%-?:,#'\"\n ".utf8)
        var seed: UInt64 = 42
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((seed >> 33) % UInt64(bound))
        }
        var refused = 0
        for length in sample.indices where failure(Array(sample[..<length])) != nil { refused += 1 }
        for _ in 0..<5_000 {
            var bytes = sample
            for _ in 0...random(4) {
                let place = random(bytes.count)
                switch random(3) {
                case 0: bytes[place] = UInt8(random(256))
                case 1: bytes.remove(at: place)
                default: bytes.insert(marks[random(marks.count)], at: place)
                }
            }
            if failure(bytes) != nil { refused += 1 }
        }
        #expect(refused > 1_000)
    }
}
