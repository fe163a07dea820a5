import JSON

/// The settings of one call: from the command line, else the environment, else the file, else the defaults.
struct Settings: Sendable {
    /// A value, and where it came from, for error messages.
    private struct Given: Sendable {
        let text: String
        let source: String
    }

    private var given: [Setting: Given] = [:]

    /// Reads all three sources; throws for an unknown name or a value of the wrong form, wherever it stands.
    ///
    /// - Parameters:
    ///   - flags: the options of the command line, by long name.
    ///   - environment: the variables of the process.
    ///   - alsoKnown: further variables of the family that are not refused.
    init(
        flags: [String: [String]], environment: [String: String], alsoKnown: [String] = []
    ) throws(CommandFailure) {
        try readEnvironment(environment, alsoKnown)
        for setting in Setting.all {
            guard let text = flags[setting.flag]?.last else { continue }
            given[setting] = Given(text: text, source: setting.flag)
        }
        if let file = given[.configuration] { try readFile(file.text) }
        for (setting, value) in given { try Self.check(value, setting) }
    }

    /// The text of a setting: as given, or its default.
    func text(_ setting: Setting) -> String? { given[setting]?.text ?? setting.standard }

    /// The text of a setting, only if it was given.
    func givenText(_ setting: Setting) -> String? { given[setting]?.text }

    /// Whether a setting was given.
    func isGiven(_ setting: Setting) -> Bool { given[setting] != nil }

    /// The number of a setting whose form is a number; the range was checked before.
    func number(_ setting: Setting) -> Int { text(setting).flatMap { Int($0) } ?? 0 }

    private mutating func readEnvironment(
        _ environment: [String: String], _ alsoKnown: [String]
    ) throws(CommandFailure) {
        let known = Setting.all.map(\.variable)
        for name in environment.keys.sorted() where name.hasPrefix("HOLDPOINT_") {
            guard !known.contains(name) else { continue }
            guard !Setting.scriptVariables.contains(name), !alsoKnown.contains(name) else { continue }
            throw CommandFailure(
                .usage,
                "the environment has an unknown variable \(name)\(NearestName.hint(for: name, among: known)); known: "
                    + known.joined(separator: ", "))
        }
        for setting in Setting.all {
            if let text = environment[setting.variable], !text.isEmpty {
                given[setting] = Given(text: text, source: setting.variable)
            }
        }
    }

    private mutating func readFile(_ path: String) throws(CommandFailure) {
        let document: JSONValue
        do {
            document = try JSONParser.parse(try InputText.file(path))
        } catch let error as JSONSyntaxError {
            throw CommandFailure(.usage, "\(path): \(error)")
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.usage, "\(path) cannot be read")
        }
        guard let object = document.objectValue else {
            throw CommandFailure(.usage, "\(path): the document must be an object")
        }
        let settings = Setting.all.filter { $0 != .configuration }
        for (key, value) in object {
            guard let setting = settings.first(where: { $0.name == key }) else {
                let hint = NearestName.hint(for: key, among: settings.map(\.name))
                throw CommandFailure(.usage, "\(path): unknown key at \(JSONPointer.root.appending(key))\(hint)")
            }
            let isNumber = if case .number = setting.form { true } else { false }
            guard let text = isNumber ? value.int64Value.map({ String($0) }) : value.stringValue else {
                throw CommandFailure(
                    .usage,
                    "\(path): \(JSONPointer.root.appending(key)) must be \(isNumber ? "a whole number" : "a text")")
            }
            guard given[setting] == nil else { continue }
            given[setting] = Given(text: text, source: "\(path): \(JSONPointer.root.appending(key))")
        }
    }

    /// Checks the form; the sentence does not repeat a text, which may be a key.
    private static func check(_ value: Given, _ setting: Setting) throws(CommandFailure) {
        switch setting.form {
        case .text: break
        case .number(let range):
            guard let number = Int(value.text), range.contains(number) else {
                throw CommandFailure(
                    .usage,
                    "\(value.source) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
        case .oneOf(let choices):
            guard choices.contains(value.text) else {
                throw CommandFailure(.usage, "\(value.source) must be \(choices.joined(separator: " or "))")
            }
        }
    }
}
