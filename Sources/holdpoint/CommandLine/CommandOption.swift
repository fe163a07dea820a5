/// An option of a command: declared once, parsed and explained from the declaration.
struct CommandOption: Sendable {
    /// The long name, with its dashes.
    let name: String
    /// A one-letter form, with its dash.
    let short: String?
    /// What the value is called in the help; nil for a switch.
    let value: String?
    /// What it does, in one line.
    let summary: String
    /// Whether it may be given more than once.
    let repeats: Bool
    /// The setting behind it, which the environment and the configuration file may give as well.
    let setting: Setting?

    /// An option that only the command line has.
    init(_ name: String, short: String? = nil, value: String? = nil, _ summary: String, repeats: Bool = false) {
        self.name = name
        self.short = short
        self.value = value
        self.summary = summary
        self.repeats = repeats
        setting = nil
    }

    /// The option that sets a setting.
    init(_ setting: Setting, short: String? = nil) {
        name = setting.flag
        self.short = short
        value = setting.value
        summary = setting.summary
        repeats = false
        self.setting = setting
    }

    /// How the help shows it: `-o, --output FORMAT`.
    var signature: String {
        (short.map { "\($0), " } ?? "") + name + (value.map { " \($0)" } ?? "")
    }
}

/// A positional argument of a command.
struct Operand: Sendable {
    /// What it is called in the help.
    let name: String
    /// What it is, in one line.
    let summary: String
    /// Whether it may be left out.
    let isOptional: Bool

    init(_ name: String, _ summary: String, isOptional: Bool = false) {
        self.name = name
        self.summary = summary
        self.isOptional = isOptional
    }
}

/// A line to try, and what it does.
struct CommandExample: Sendable {
    let line: String
    let explanation: String

    init(_ line: String, _ explanation: String) {
        self.line = line
        self.explanation = explanation
    }
}
