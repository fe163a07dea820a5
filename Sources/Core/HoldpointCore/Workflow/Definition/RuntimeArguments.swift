/// The variables that the DSL promises to expressions ("Runtime expression arguments").
enum RuntimeArguments {
    /// Their names, without the dollar sign; `authorization` is known so that it can be refused.
    static let names: Set<String> = [
        "context", "input", "output", "secrets", "task", "workflow", "runtime", "authorization",
    ]

    /// Checks an expression's text; `names` are the variables that it may read.
    static func program(_ text: String, names: Set<String>) throws(DefinitionFault) -> ExpressionProgram {
        let program: ExpressionProgram
        do {
            program = try ExpressionProgram(text, arguments: names)
        } catch {
            throw DefinitionFault(detail: error.description)
        }
        if program.arguments.contains("authorization") {
            throw DefinitionFault(detail: UnsupportedConstruct.authorizationArgument.detail)
        }
        return program
    }

    /// Whether the text can be the name of a variable.
    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { HTTPText.isLetter($0) || $0 == 0x5F || (0x30...0x39).contains($0) }
    }
}

/// What is wrong with one value of a document.
struct DefinitionFault: Error, Sendable, Equatable {
    /// For the `errors` of a problem document.
    let detail: String
}
