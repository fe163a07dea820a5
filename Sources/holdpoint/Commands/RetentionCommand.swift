import HoldpointCore
import HoldpointPorts
import JSON

/// The command that says how long a project keeps sessions that ended.
enum RetentionCommand {
    static let command = Command(
        "project retention", "Show or set how long a project keeps sessions that ended.",
        details: "Works beside running servers, which look once an hour for sessions that ended so long ago. They are "
            + "deleted but for their ids, which cannot be used again; with --mode archive their logs are kept apart "
            + "first, where replay finds them. Without an option it shows what is set.",
        operands: [Operand("TENANT/NAME", "The project.")],
        options: [
            CommandOption("--after", value: "DAYS", "After how many whole days, 1 to \(RetentionLimits.days)."),
            CommandOption(
                "--mode", value: "MODE",
                "What becomes of them: \(RetentionPolicy.Mode.names). Default: \(RetentionPolicy.Mode.delete.rawValue)."
            ),
            CommandOption("--keep", "Keep them for ever, as if nothing had been set."),
        ] + Setting.store.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint project retention acme/billing", "show what is set"),
            CommandExample(
                "holdpoint project retention acme/billing --after 30 --mode archive",
                "archive and delete what ended a month ago"),
            CommandExample("holdpoint project retention acme/billing --keep", "delete nothing any more"),
        ]
    ) { call in
        let scope = try ScopeName.scope(call.operands[0])
        let change = try change(call)
        return try await StoreTool.use(call.settings) { store in
            guard try await store.directory.hasProject(scope) else {
                throw CommandFailure(.notFound, "there is no project \(scope)")
            }
            switch change {
            case .none: break
            case .keep: _ = try await store.directory.setRetention(nil, of: scope)
            case .set(let policy): _ = try await store.directory.setRetention(policy, of: scope)
            }
            show(try await store.directory.retention(of: scope), of: scope, call.output)
            return .success
        }
    }

    private enum Change {
        case none
        case keep
        case set(RetentionPolicy)
    }

    private static func change(_ call: Invocation) throws(CommandFailure) -> Change {
        let days = try call.number("--after", in: 1...Int(RetentionLimits.days))
        let name = call.value("--mode")
        guard let days else {
            if name != nil { throw CommandFailure(.usage, "--mode needs --after DAYS") }
            return call.has("--keep") ? .keep : .none
        }
        if call.has("--keep") { throw CommandFailure(.usage, "give either --after DAYS or --keep") }
        guard let mode = RetentionPolicy.Mode(rawValue: name ?? RetentionPolicy.Mode.delete.rawValue),
            let policy = RetentionPolicy(finishedAfterDays: Int64(days), mode: mode)
        else {
            throw CommandFailure(.usage, "--mode: '\(name ?? "")' is none of \(RetentionPolicy.Mode.names)")
        }
        return .set(policy)
    }

    private static func show(_ policy: RetentionPolicy?, of scope: Scope, _ output: Output) {
        let text = policy.map { "sessions that ended \($0.finishedAfterDays) days ago: \($0.mode.rawValue)" }
        output.result(
            [
                "project": .string(scope.description),
                "finished_after_days": policy.map { .integer($0.finishedAfterDays) } ?? .null,
                "mode": policy.map { .string($0.mode.rawValue) } ?? .null,
            ], text: "\(scope): \(text ?? "everything is kept")")
    }
}

extension RetentionPolicy.Mode {
    /// All modes, for people.
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
