import JSON

/// JSON, schemas and patterns.
enum JSONInputs {
    /// Twice as much as is read by default: what was read may be longer once it is written.
    private static let writtenLimits = JSONLimits(maximumBytes: 16 << 20, maximumNumberBytes: 4_096)

    /// What is read is written as the same value, and in one way only.
    static func document(_ input: [UInt8]) throws(Finding) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(input)
        } catch {
            let isPlaced = error.offset <= input.count && error.line >= 1 && error.column >= 1
            return try require(isPlaced, "a syntax error has its place in the text: \(error)")
        }
        let written = value.serialized()
        let again = try? JSONParser.parse(written, limits: writtenLimits)
        try require(again == value, "what is written is read as the same value")
        try require(again?.hashValue == value.hashValue, "equal values have equal hashes")
        try require(again?.serialized() == written, "a value is written in one way")
        let framed: [UInt8] = [0x5B] + input
        try require((try? JSONParser.parse(framed.dropFirst())) == value, "a part of an array is read alike")
        if let text = String(validating: input, as: UTF8.self) {
            try require((try? JSONParser.parse(text)) == value, "text is read as its bytes are")
        }
        guard let canonical = try? CanonicalJSON.encode(value) else { return }
        guard let parsed = try? JSONParser.parse(canonical, limits: writtenLimits) else {
            throw Finding(description: "the canonical form is JSON")
        }
        try require(parsed.isEquivalent(to: value), "the canonical form says the same")
        try require((try? CanonicalJSON.encode(parsed)) == canonical, "the canonical form is its own")
    }

    /// A schema and a value, as one document `{"schema":…,"value":…}`.
    static func schema(_ input: [UInt8]) throws(Finding) {
        guard let document = try? JSONParser.parse(input), let source = document["schema"] else { return }
        let limits = JSONSchemaLimits(maximumSteps: 50_000)
        for formats in [JSONSchema.Formats.annotated, .asserted] {
            let schema: JSONSchema
            do {
                schema = try JSONSchema(compiling: source, formats: formats, limits: limits)
            } catch {
                try require(!error.detail.isEmpty, "a refused schema is told why")
                return try require(error.pointer.isPlace(in: source), "a refusal names a place: \(error)")
            }
            let value = document["value"] ?? .null
            let found = schema.validate(value)
            try require(found.count <= limits.maximumViolations + 1, "violations are bounded: \(found.count)")
            for violation in found {
                try require(violation.pointer.isPlace(in: value), "a violation names a place: \(violation)")
            }
            try require(found == schema.validate(value), "a value is judged in one way")
        }
    }

    /// A pattern on the first line, and the text that it is to be found in.
    static func pattern(_ input: [UInt8]) throws(Finding) {
        var lines = InputLines(input)
        let source = lines.line()
        let text = String(decoding: lines.remainder, as: UTF8.self)
        let pattern: JSONPattern
        do {
            pattern = try JSONPattern(source)
        } catch {
            let length = source.unicodeScalars.count
            return try require(error.offset <= length && !error.detail.isEmpty, "a refusal has its place: \(error)")
        }
        var steps = 200_000
        let answer = pattern.matches(text, steps: &steps)
        try require((answer == nil) == (steps <= 0), "there is an answer while there are steps")
        guard let answer, let grouped = try? JSONPattern("(?:\(source))") else { return }
        var more = 1_000_000
        try require(grouped.matches(text, steps: &more) == answer, "a group means what it holds")
    }
}

extension JSONPointer {
    /// Whether it points at something in the document, or at what is missing there.
    func isPlace(in document: JSONValue) -> Bool {
        var place = document
        for token in tokens {
            switch place {
            case .null: return true
            case .object(let members):
                guard let next = members[token] else { return true }
                place = next
            case .array:
                guard let next = JSONPointer.root.appending(token).resolve(in: place) else { return false }
                place = next
            case .bool, .number, .string: return false
            }
        }
        return true
    }
}
