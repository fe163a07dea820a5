package import JSON

/// The text of an expression, checked: jq without what reaches beyond its input and arguments.
///
/// The check reads words, not the grammar: whether the text compiles is for the evaluator to say
/// (`ExpressionEvaluator.faults(in:)` of the ports). What passes here has matched brackets, so that it can be put in
/// parentheses, and names nothing that reads files, the environment, the clock or other input.
package struct ExpressionProgram: Sendable, Hashable {
    /// The longest text, in bytes.
    package static let maximumBytes = 16 << 10

    /// The text as it was written.
    package let text: String
    /// The arguments that it mentions, without the dollar sign, in a fixed order.
    package let arguments: [String]
    private let quick: QuickExpression?

    /// Checks a program.
    ///
    /// - Parameters:
    ///   - text: the program, without `${` and `}`.
    ///   - arguments: the names of the variables that it may be given, such as `context`.
    /// - Throws: what is wrong with it, and where.
    package init(_ text: String, arguments: Set<String> = []) throws(ExpressionFault) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumBytes else {
            throw ExpressionFault(
                "an expression holds at most \(Self.maximumBytes) bytes", at: Self.maximumBytes, in: bytes)
        }
        if let nul = bytes.firstIndex(of: 0) {
            throw ExpressionFault("a NUL byte has no place in an expression", at: nul, in: bytes)
        }
        let tokens = try JQTokenizer.tokens(of: text)
        if tokens.isEmpty { throw ExpressionFault("the expression is empty", at: 0, in: bytes) }
        var mentioned: Set<String> = []
        for token in tokens {
            if let detail = ForbiddenWords.reason(against: token.kind) {
                throw ExpressionFault(detail, at: token.offset, in: bytes)
            }
            switch token.kind {
            case .variable(let name): mentioned.insert(name)
            case .number(let digits):
                guard QuickExpression.number(digits) != nil else {
                    throw ExpressionFault(
                        "jq would read \(digits.prefix(64)) as another number; write it as a string",
                        at: token.offset, in: bytes)
                }
            default: break
            }
        }
        self.text = text
        self.arguments = mentioned.intersection(arguments).sorted()
        quick = QuickExpression(tokens, arguments: arguments)
    }

    /// Whether it is a literal or a plain path, which needs no evaluator.
    package var isQuick: Bool { quick != nil }

    /// The outcome of a literal or a plain path, as jq would have it; nil where jq itself is needed.
    ///
    /// One thing is better than jq: a number that jq could not hold comes out as it went in.
    package func quickOutcome(input: JSONValue, arguments: JSONObject) -> ExpressionOutcome? {
        quick?.outcome(input: input, arguments: arguments)
    }

    /// Whether both were made of the same text for the same arguments.
    package static func == (left: ExpressionProgram, right: ExpressionProgram) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8) && left.arguments == right.arguments
    }

    /// Feeds the text to the hasher.
    package func hash(into hasher: inout Swift.Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
