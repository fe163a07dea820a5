import CJQ

/// A compiled jq program that yields one value for one input.
///
/// Compiling takes libjq 1.6 about 15 ms, since it reads its own library again each time: keep programs. A program that
/// does not end, or takes all memory, takes the process with it: run those of others in a worker (`JQWorkers`).
///
/// Confined to one thread.
package final class JQProgram {
    /// The longest message of an error, in bytes; what is longer is cut.
    package static let maximumMessage = 1_024

    /// What the compiler said last; libjq holds a pointer to it.
    private final class Messages {
        var text: String?
    }

    private var state: OpaquePointer?
    private let messages = Messages()

    /// The program that applies a text to the first item of an array, with the items after it as variables.
    ///
    /// The text must have matched brackets; a comment at its end is closed. Binding variables at compile time instead
    /// would mean to compile for each run.
    package static func source(of text: String, variables: [String] = []) -> String {
        var source = ""
        for (index, name) in variables.enumerated() { source += ".[\(index + 1)] as $\(name) | " }
        return source + ".[0] | (\(text)\n)"
    }

    /// Compiles what `source(of:variables:)` made.
    ///
    /// - Parameter outOfMemory: called when no memory is left; must not return. The process breaks without it.
    /// - Throws: `JQError.invalid` only.
    package init(
        source: String, outOfMemory: (@convention(c) (UnsafeMutableRawPointer?) -> Void)? = nil
    ) throws(JQError) {
        guard let state = jq_init() else { throw .invalid("libjq cannot start") }
        self.state = state
        jq_set_nomem_handler(state, outOfMemory, nil)
        let context = Unmanaged.passUnretained(messages).toOpaque()
        jq_set_error_cb(state, { JQProgram.keep($1, in: $0) }, context)
        // Without these two, `debug` and `input` would call through null pointers.
        jq_set_debug_cb(state, { jv_free($1) }, nil)
        jq_set_input_cb(state, { _, _ in jv_invalid() }, nil)
        // Without this one, `import` would abort the process.
        jq_set_attr(state, jv_string("JQ_LIBRARY_PATH"), jv_array())
        guard jq_compile(state, source) != 0 else {
            throw .invalid(Self.compilerMessage(messages.text ?? "it does not compile"))
        }
    }

    deinit {
        jq_teardown(&state)
    }

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - input: a JSON array: the input, then the variables in their order.
    ///   - maximumBytes: the longest value.
    /// - Returns: the value as JSON. Numbers went through doubles.
    package func run(_ input: UnsafeRawBufferPointer, maximumBytes: Int) throws(JQError) -> [UInt8] {
        let start = input.baseAddress?.assumingMemoryBound(to: CChar.self)
        let value = jv_parse_sized(start, Int32(clamping: input.count))
        guard jv_get_kind(value) == JV_KIND_ARRAY else {
            jv_free(value)
            throw .notAnInput
        }
        jq_start(state, value, 0)
        // Gives back what an unfinished run holds.
        defer { jq_start(state, jv_null(), 0) }
        let result = jq_next(state)
        guard jv_get_kind(result) != JV_KIND_INVALID else { throw Self.error(of: result) ?? .noValue }
        let further = jq_next(state)
        guard jv_get_kind(further) == JV_KIND_INVALID else {
            jv_free(further)
            jv_free(result)
            throw .severalValues
        }
        if let error = Self.error(of: further) {
            jv_free(result)
            throw error
        }
        return try Self.text(of: result, maximumBytes: maximumBytes)
    }

    /// Runs the program.
    package func run(_ input: [UInt8], maximumBytes: Int = 1 << 20) throws(JQError) -> [UInt8] {
        let outcome = input.withUnsafeBytes { bytes in
            Result { () throws(JQError) in try run(bytes, maximumBytes: maximumBytes) }
        }
        return try outcome.get()
    }

    /// The error that an invalid value, which it takes, stands for; nil at the end of the values.
    private static func error(of invalid: jv) -> JQError? {
        guard jv_invalid_has_msg(jv_copy(invalid)) != 0 else {
            jv_free(invalid)
            return nil
        }
        let message = jv_invalid_get_msg(invalid)
        guard jv_get_kind(message) != JV_KIND_STRING else {
            defer { jv_free(message) }
            return .failed(shortened(text(of: message)))
        }
        let dumped = jv_dump_string(message, 0)
        defer { jv_free(dumped) }
        return .failed(shortened("(not a string): " + text(of: dumped)))
    }

    /// Takes the value.
    private static func text(of value: jv, maximumBytes: Int) throws(JQError) -> [UInt8] {
        let dumped = jv_dump_string(value, 0)
        defer { jv_free(dumped) }
        let count = Int(jv_string_length_bytes(jv_copy(dumped)))
        guard count <= maximumBytes else { throw .tooLong(maximumBytes) }
        return [UInt8](UnsafeRawBufferPointer(start: jv_string_value(dumped), count: count))
    }

    /// Leaves the value to the caller.
    private static func text(of string: jv) -> String {
        let count = Int(jv_string_length_bytes(jv_copy(string)))
        let bytes = UnsafeRawBufferPointer(start: jv_string_value(string), count: count)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Remembers the first thing that the compiler complains about, and takes the message.
    private static func keep(_ message: jv, in context: UnsafeMutableRawPointer?) {
        defer { jv_free(message) }
        guard let context, jv_get_kind(message) == JV_KIND_STRING else { return }
        let messages = Unmanaged<Messages>.fromOpaque(context).takeUnretainedValue()
        if messages.text == nil { messages.text = text(of: message) }
    }

    /// The first line of what the compiler says, without what is about a shell and a file, and without the source.
    private static func compilerMessage(_ text: String) -> String {
        var line = text.prefix { $0 != "\n" }
        if line.hasPrefix("jq: error: ") { line.removeFirst("jq: error: ".count) }
        for tail in [" at <top-level>", " (Unix shell quoting issues?)"] {
            if let place = place(of: tail, in: line) { line = line[..<place] }
        }
        return shortened(String(line))
    }

    private static func place(of tail: String, in line: Substring) -> Substring.Index? {
        line.indices.first { line[$0...].hasPrefix(tail) }
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > maximumMessage else { return text }
        return String(decoding: text.utf8.prefix(maximumMessage), as: UTF8.self) + "…"
    }
}
