/// The words behind a command, sorted into operands and options.
struct CommandArguments: Sendable, Equatable {
    /// The positional arguments, in order.
    private(set) var operands: [String] = []
    /// The values of the options by long name; a switch has none.
    private(set) var values: [String: [String]] = [:]

    /// Sorts the words; throws where one does not belong to the command.
    ///
    /// `--name value` and `--name=value` mean the same; behind `--` nothing is an option. A single `-` is an operand
    /// (standard input by custom).
    init(_ words: [String], of command: Command) throws(CommandFailure) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            try take(word, &rest, of: command)
        }
        if values["--help"] == nil { try check(command) }
    }

    private mutating func take(
        _ word: String, _ rest: inout ArraySlice<String>, of command: Command
    ) throws(CommandFailure) {
        let mark = word.hasPrefix("--") ? word.firstIndex(of: "=") : nil
        let name = String(mark.map { word[..<$0] } ?? word[...])
        guard let option = command.allOptions.first(where: { $0.name == name || $0.short == name }) else {
            let names = command.allOptions.flatMap { [$0.name] + ($0.short.map { [$0] } ?? []) }
            throw CommandFailure(
                .usage,
                "'\(command.name)' has no option \(name)\(NearestName.hint(for: name, among: names))")
        }
        if !option.repeats, values[option.name] != nil {
            throw CommandFailure(.usage, "\(option.name) is given twice")
        }
        guard let valueName = option.value else {
            guard mark == nil else { throw CommandFailure(.usage, "\(option.name) takes no value") }
            values[option.name] = []
            return
        }
        if let mark {
            values[option.name, default: []].append(String(word[word.index(after: mark)...]))
        } else if let value = rest.popFirst() {
            values[option.name, default: []].append(value)
        } else {
            throw CommandFailure(.usage, "\(option.name) needs a value: \(valueName)")
        }
    }

    private func check(_ command: Command) throws(CommandFailure) {
        let needed = command.operands.prefix { !$0.isOptional }
        if operands.count < needed.count {
            throw CommandFailure(
                .usage, "'\(command.name)' needs \(needed[operands.count].name); see holdpoint \(command.name) --help")
        }
        if operands.count > command.operands.count {
            throw CommandFailure(
                .usage, "'\(command.name)' does not take '\(operands[command.operands.count])'")
        }
    }
}
