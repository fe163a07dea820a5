/// A command: what it is called, what it takes, what its help teaches, and what it does.
struct Command: Sendable {
    /// The words that call it, for example `tenant create`.
    let words: [String]
    /// What it does, in one line.
    let summary: String
    /// What one should know before using it.
    let details: String
    /// Its positional arguments, in order.
    let operands: [Operand]
    /// Its options, beside those that every command has.
    let options: [CommandOption]
    /// Lines to try.
    let examples: [CommandExample]
    /// Does it; returns how the program ends.
    let run: @Sendable (Invocation) async throws -> ExitCode

    init(
        _ name: String, _ summary: String, details: String = "", operands: [Operand] = [],
        options: [CommandOption] = [], examples: [CommandExample],
        run: @escaping @Sendable (Invocation) async throws -> ExitCode
    ) {
        words = name.split(separator: " ").map(String.init)
        self.summary = summary
        self.details = details
        self.operands = operands
        self.options = options
        self.examples = examples
        self.run = run
    }

    /// The words as they are typed.
    var name: String { words.joined(separator: " ") }

    /// The options that every command has.
    static let commonOptions = [
        CommandOption(Setting.output, short: "-o"), CommandOption(Setting.configuration),
        CommandOption("--help", short: "-h", "Explain this command."),
    ]

    /// All its options.
    var allOptions: [CommandOption] { options + Self.commonOptions }
}

/// A command as it was called: its arguments, checked for form, and the settings that apply.
struct Invocation: Sendable {
    let operands: [String]
    let settings: Settings
    let output: Output
    private let values: [String: [String]]

    init(_ arguments: CommandArguments, settings: Settings, output: Output) {
        operands = arguments.operands
        values = arguments.values
        self.settings = settings
        self.output = output
    }

    /// The value of an option, if it was given.
    func value(_ name: String) -> String? { values[name]?.last }

    /// All values of an option that may be repeated.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// Whether a switch was given.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// A whole number in a range, if the option was given.
    func number(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure(
                .usage, "\(name): '\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
