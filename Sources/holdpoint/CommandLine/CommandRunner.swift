import Glibc
import HoldpointPorts

/// Finds the command that was called, runs it, and turns whatever becomes of it into a sentence and an exit code.
struct CommandRunner: Sendable {
    let commands: [Command]
    /// Variables of the family that other parts of the program read.
    let furtherVariables: [String]

    init(_ commands: [Command], furtherVariables: [String] = []) {
        self.commands = commands
        self.furtherVariables = furtherVariables
    }

    /// Runs the words of a command line, without the program's own name.
    func run(_ words: [String]) async -> ExitCode {
        // Errors are told in the form that was asked for even when it is the command line that is wrong.
        var output = Output(format: Self.wantsJSON(words) ? .json : .text)
        do {
            guard let first = words.first, !["help", "--help", "-h"].contains(first) else {
                return try explain(Array(words.dropFirst()))
            }
            guard let command = find(words) else { throw unknown(words) }
            let arguments = try CommandArguments(Array(words.dropFirst(command.words.count)), of: command)
            if arguments.values["--help"] != nil {
                Output.line(HelpText.page(of: command))
                return .success
            }
            let settings = try Settings(
                flags: arguments.values, environment: try InputText.environment(), alsoKnown: furtherVariables)
            output = Output(format: Output.Format(rawValue: settings.text(.output) ?? "") ?? .text)
            return try await command.run(Invocation(arguments, settings: settings, output: output))
        } catch {
            let failure = Self.failure(error)
            output.failure(failure)
            return failure.status
        }
    }

    private func explain(_ words: [String]) throws -> ExitCode {
        switch words.first {
        case nil: Output.line(HelpText.program(commands))
        case "exit-codes": Output.line(HelpText.exitCodes)
        case "configuration": Output.line(HelpText.configuration)
        case "workflows": Output.line(HelpText.workflows)
        default:
            guard let command = find(words) else { throw unknown(words) }
            Output.line(HelpText.page(of: command))
        }
        return .success
    }

    private func find(_ words: [String]) -> Command? {
        commands.first { words.starts(with: $0.words) }
    }

    private func unknown(_ words: [String]) -> CommandFailure {
        // Of two words the first alone may be a family, as in `tenant create`.
        let name = words.prefix(2).joined(separator: " ")
        let names = commands.map(\.name)
        let family = names.filter { $0.hasPrefix((words.first ?? "") + " ") }
        if !family.isEmpty {
            return CommandFailure(.usage, "there is no command '\(name)'; there is \(family.joined(separator: ", "))")
        }
        let hint = NearestName.hint(for: words.first ?? "", among: names)
        return CommandFailure(.usage, "there is no command '\(words.first ?? "")'\(hint); see holdpoint --help")
    }

    private static func wantsJSON(_ words: [String]) -> Bool {
        zip(words, words.dropFirst()).contains { ["-o", "--output"].contains($0) && $1 == "json" }
            || words.contains("--output=json")
    }

    private static func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let error as JournalError: CommandFailure(error)
        default: CommandFailure(.failed, "\(error)")
        }
    }
}
