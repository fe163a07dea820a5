/// What jq offers and an expression may not use, each with its reason.
enum ForbiddenWords {
    /// Functions and keywords; names that a program defines itself are forbidden too, so that one look suffices.
    private static let names: [String: String] = [
        "import": "an expression is one program, without modules",
        "include": "an expression is one program, without modules",
        "module": "an expression is one program, without modules",
        "modulemeta": "it reads files",
        "get_search_list": "it shows where the evaluator looks for files",
        "get_jq_origin": "it shows where the evaluator is installed",
        "get_prog_origin": "it shows where the evaluator is installed",
        "env": "it shows the environment of the evaluator",
        "input": "an expression has one input, which is '.'",
        "inputs": "an expression has one input, which is '.'",
        "input_filename": "an expression has one input, which is '.'",
        "input_line_number": "an expression has one input, which is '.'",
        "debug": "an expression writes nothing but its value",
        "stderr": "an expression writes nothing but its value",
        "halt": "it would end the evaluator",
        "halt_error": "it would end the evaluator",
        "now": "its value depends on when it is asked; take the time from the runtime's variables",
        "localtime": "its value depends on the machine's time zone; use gmtime",
        "strflocaltime": "its value depends on the machine's time zone; use strftime",
    ]

    private static let variables: [String: String] = [
        "ENV": "it shows the environment of the evaluator",
        "__loc__": "an expression has no file and no line of its own",
        "__prog_args": "it shows the arguments of the evaluator",
    ]

    /// Why a word may not be used; nil if it may.
    static func reason(against word: JQToken.Kind) -> String? {
        switch word {
        case .name(let name): names[name].map { "'\(name)' is not available: \($0)" }
        case .variable(let name): variables[name].map { "'$\(name)' is not available: \($0)" }
        default: nil
        }
    }
}
