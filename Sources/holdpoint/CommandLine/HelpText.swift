import HoldpointCore

/// What `--help` prints: made from the declarations, so that it cannot lag behind them.
enum HelpText {
    /// The page of the whole program.
    static func program(_ commands: [Command]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        var lines = [
            "holdpoint: a durable workflow engine for AI agents that must stop and ask a human", "",
            "usage: holdpoint COMMAND [ARGUMENT ...] [OPTION ...]", "", "Commands:",
        ]
        lines += commands.map { "  \(padded($0.name, width))  \($0.summary)" }
        lines += [
            "", "Start here:",
            "  holdpoint serve                     # prints a URL, a key and a line to try",
            "  holdpoint COMMAND --help            # teaches a command, with examples",
            "  holdpoint help configuration        # every option, variable and key of the file",
            "  holdpoint help workflows            # what a workflow's document may not contain",
            "  holdpoint help exit-codes           # how the program ends, for scripts",
        ]
        return lines.joined(separator: "\n")
    }

    /// The page of one command.
    static func page(of command: Command) -> String {
        var usage = "usage: holdpoint \(command.name)"
        for operand in command.operands {
            usage += operand.isOptional ? " [\(operand.name)]" : " \(operand.name)"
        }
        var lines = [command.summary, "", usage + " [OPTION ...]"]
        if !command.details.isEmpty { lines += [""] + wrapped(command.details, width: 100) }
        if !command.operands.isEmpty {
            lines += ["", "Arguments:"] + table(command.operands.map { ($0.name, $0.summary) })
        }
        lines += ["", "Options:"] + table(command.allOptions.map { ($0.signature, note(on: $0)) })
        lines += ["", "Examples:"]
        for example in command.examples {
            lines += ["  # \(example.explanation)", "  \(example.line)"]
        }
        return lines.joined(separator: "\n")
    }

    /// The table of exit codes.
    static var exitCodes: String {
        let rows = ExitCode.allCases.map { (String($0.rawValue), "\($0.name): \($0.meaning)") }
        return (["How the program ends:", ""] + table(rows)).joined(separator: "\n")
    }

    /// The table of what workflow documents may not contain.
    static var workflows: String {
        let rows = UnsupportedConstruct.allCases.map { ($0.rawValue, $0.reason) }
        let head = "What the Serverless Workflow DSL has and is refused when a workflow is put, with its place:"
        return ([head, ""] + table(rows)).joined(separator: "\n")
    }

    /// The table of settings.
    static var configuration: String {
        let rows = Setting.all.map { setting in
            ("\(setting.name)  \(setting.variable)", setting.summary + defaultNote(setting))
        }
        let head = [
            "A setting is taken from the command line (--name), else from the environment, else from the JSON",
            "file that --config or HOLDPOINT_CONFIG names, else from its default. Unknown names are refused.", "",
        ]
        return (head + table(rows)).joined(separator: "\n")
    }

    private static func note(on option: CommandOption) -> String {
        guard let setting = option.setting else { return option.summary }
        return option.summary + defaultNote(setting) + " [\(setting.variable)]"
    }

    private static func defaultNote(_ setting: Setting) -> String {
        setting.standard.map { " Default: \($0)." } ?? ""
    }

    private static func table(_ rows: [(String, String)]) -> [String] {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "  \(padded($0.0, width))  \($0.1)" }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                if !line.isEmpty, line.count + 1 + word.count > width {
                    lines.append(line)
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            lines.append(line)
        }
        return lines
    }
}
