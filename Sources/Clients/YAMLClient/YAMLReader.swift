import CYAML

/// Walks through a YAML text with libyaml's event parser.
///
/// It composes nothing: anchors are reported and not resolved, so that whoever composes decides what they may cost.
/// What an event takes is linear in the text, and libyaml itself looks ahead at most 1,024 characters for a key.
package struct YAMLReader: ~Copyable {
    /// The longest text, in bytes, unless told otherwise.
    package static let maximumBytes = 1 << 20
    /// The number of lines of a text that may begin with `%`: libyaml compares each tag directive with all before it.
    package static let maximumDirectives = 16

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>
    private var hasEnded = false

    /// Begins at the start of a text in UTF-8.
    ///
    /// - Throws: when the text is too long or has too many directives, or memory is short.
    package init(_ bytes: [UInt8], maximumBytes: Int = Self.maximumBytes) throws(YAMLError) {
        try Self.check(bytes, maximumBytes)
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLError("memory is short", at: YAMLPlace(line: 1, column: 1))
        }
        text = .allocate(capacity: bytes.count)
        _ = text.initialize(from: bytes)
        self.parser = parser
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        text.deallocate()
    }

    /// The next event; `streamEnd` again and again once the text has ended.
    ///
    /// - Throws: where the text is not YAML. The walk is then over.
    package mutating func next() throws(YAMLError) -> YAMLEvent {
        while !hasEnded {
            var raw = yaml_event_t()
            guard yaml_parser_parse(parser, &raw) == 1 else {
                hasEnded = true
                throw failure
            }
            defer { yaml_event_delete(&raw) }
            guard let content = Self.content(of: raw) else { continue }
            if content == .streamEnd { hasEnded = true }
            return YAMLEvent(content: content, place: Self.place(raw.start_mark))
        }
        return YAMLEvent(content: .streamEnd, place: Self.place(parser.pointee.mark))
    }

    /// Refuses what libyaml would take long for, or reads otherwise than YAML 1.2 says.
    private static func check(_ bytes: [UInt8], _ maximumBytes: Int) throws(YAMLError) {
        guard bytes.count <= maximumBytes else {
            throw YAMLError("the text is longer than \(maximumBytes) bytes", at: YAMLPlace(line: 1, column: 1))
        }
        var directives = 0
        var isAtStart = true
        for (offset, byte) in bytes.enumerated() {
            if isAtStart, byte == UInt8(ascii: "%") {
                directives += 1
                if directives > maximumDirectives {
                    let place = place(of: offset, in: bytes)
                    throw YAMLError("more than \(maximumDirectives) lines begin with %", at: place)
                }
            }
            isAtStart = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            if byte == 0xC2 || byte == 0xE2, isOldLineBreak(bytes[offset...]) {
                throw YAMLError(
                    "U+0085, U+2028 and U+2029 are written as escapes between double quotes",
                    at: place(of: offset, in: bytes))
            }
        }
    }

    /// Whether a line break of YAML 1.1 stands here that is none in YAML 1.2 (section 5.4).
    private static func isOldLineBreak(_ bytes: ArraySlice<UInt8>) -> Bool {
        [[0xC2, 0x85], [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9]].contains { bytes.starts(with: $0) }
    }

    private static func place(of offset: Int, in bytes: some Collection<UInt8>) -> YAMLPlace {
        var line = 1
        var column = 1
        var last: UInt8 = 0
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") && last != UInt8(ascii: "\r") {
                line += 1
                column = 1
            } else if byte != UInt8(ascii: "\n"), byte & 0xC0 != 0x80 {
                column += 1
            }
            last = byte
        }
        return YAMLPlace(line: line, column: column)
    }

    /// What an event says; nil for the start of the stream, which says nothing.
    private static func content(of event: yaml_event_t) -> YAMLEvent.Content? {
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            let version = event.data.document_start.version_directive
            return .documentStart(
                version: version.map { YAMLVersion(major: Int($0.pointee.major), minor: Int($0.pointee.minor)) })
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            return .scalar(
                YAMLScalar(
                    text: String(
                        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self),
                    isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                    properties: YAMLProperties(anchor: string(scalar.anchor), tag: string(scalar.tag))))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return .sequenceStart(YAMLProperties(anchor: string(start.anchor), tag: string(start.tag)))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return .mappingStart(YAMLProperties(anchor: string(start.anchor), tag: string(start.tag)))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_STREAM_END_EVENT: return .streamEnd
        default: return nil
        }
    }

    private static func string(_ start: UnsafePointer<yaml_char_t>?) -> String? {
        start.map { String(cString: $0) }
    }

    private static func place(_ mark: yaml_mark_t) -> YAMLPlace {
        YAMLPlace(line: mark.line + 1, column: mark.column + 1)
    }

    /// What libyaml says went wrong: its own fixed sentences, of which none repeats the text.
    private var failure: YAMLError {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "this cannot be read"
        let detail = state.context.map { "\(String(cString: $0)): \(problem)" } ?? problem
        // The reader, which meets bytes before there are lines, knows only their offset.
        guard state.error == YAML_READER_ERROR else {
            return YAMLError(detail, at: Self.place(state.error == YAML_MEMORY_ERROR ? state.mark : state.problem_mark))
        }
        return YAMLError(detail, at: Self.place(of: state.problem_offset, in: text))
    }
}
