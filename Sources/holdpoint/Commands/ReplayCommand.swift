import HoldpointCore
import HoldpointPorts
import JSON

/// The command that folds stored logs again.
enum ReplayCommand {
    static let command = Command(
        "replay", "Fold stored logs again, and verify them.",
        details: "Opens the data folder or the database beside running servers and changes nothing. Without --verify "
            + "it prints the events, checking numbers and chain on the way. With --verify it also checks the "
            + "snapshots (the fold of the log, and of a snapshot and the later events, must be the same bytes) and "
            + "the rows behind lists and timers, and prints what it looked at. The first difference is named exactly, "
            + "and ends it with status 1.",
        operands: [Operand("SESSION", "The session's id.", isOptional: true)],
        options: [
            CommandOption("--all", "Every session of every project."),
            CommandOption("--verify", "Check everything instead of printing events."),
            CommandOption("--project", value: "TENANT/NAME", "Where the session is. Default: dev/default."),
        ] + Setting.store.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint replay order-7", "print a session's log as it is folded"),
            CommandExample("holdpoint replay --all --verify", "check the whole store"),
        ]
    ) { call in
        guard call.has("--all") == call.operands.isEmpty else {
            throw CommandFailure(.usage, "give either SESSION or --all")
        }
        let store = try await StoreTool(call.settings, for: .inspection)
        do {
            let status = try await run(call, store)
            await store.close()
            return status
        } catch let difference as SessionReplay.Difference {
            await store.close()
            call.output.result(
                [
                    "verified": false, "session": .string(difference.session.id.text),
                    "project": .string(difference.session.scope.description),
                    "seq": difference.sequence.map { .integer($0) } ?? .null, "detail": .string(difference.detail),
                ], text: difference.text)
            throw CommandFailure(.failed, difference.text)
        }
    }

    private static func run(_ call: Invocation, _ store: StoreTool) async throws -> ExitCode {
        let verifier = LogVerifier(journal: store.journal, hasher: store.hasher)
        let scopes =
            call.has("--all")
            ? try await store.scopes() : [try ScopeName.scope(call.value("--project") ?? "dev/default")]
        var account = LogVerifier.Account()
        var found = call.has("--all")
        for scope in scopes {
            let id = call.operands.isEmpty ? nil : try? SessionID(call.operands[0])
            if let id, try await store.isKnown(id, in: scope) { found = true }
            guard found else { continue }
            if call.has("--verify") {
                try await verifier.verify(scope, only: id, into: &account)
                try await verifier.verifyArchives(of: scope, only: id, into: &account)
            } else {
                for archived in try await verifier.archivedSessions(of: scope) where id == nil || archived == id {
                    _ = try await verifier.replayArchive(of: archived, in: scope) { event in
                        show(event, of: archived, in: scope, call.output)
                    }
                }
                for session in try await StoredProjections(of: scope, in: store.journal).sessions
                where id == nil || session.id == id {
                    _ = try await verifier.replay(session) { event in
                        show(event, of: session.id, in: scope, call.output)
                    }
                }
            }
        }
        guard found else { throw CommandFailure(.notFound, "there is no session \(call.operands[0])") }
        if call.has("--verify") { report(account, call.output) }
        return .success
    }

    private static func show(_ event: RecordedEvent, of id: SessionID, in scope: Scope, _ output: Output) {
        let value: JSONValue = [
            "project": .string(scope.description), "session": .string(id.text), "seq": .integer(event.sequence),
            "type": .string(event.type.text), "time": .string(event.time.description),
            "data": (try? JSONParser.parse(event.data, limits: EventRegistry.recordedLimits)) ?? .null,
        ]
        output.result(value, text: SessionText.event(value, withSession: true))
    }

    private static func report(_ account: LogVerifier.Account, _ output: Output) {
        output.result(
            [
                "verified": true, "sessions": .integer(Int64(account.sessions)),
                "events": .integer(Int64(account.events)), "snapshots": .integer(Int64(account.snapshots)),
                "archives": .integer(Int64(account.archives)),
            ],
            text: "verified \(account.sessions) sessions, \(account.events) events and \(account.snapshots) snapshots: "
                + "log, chain, snapshots and rows agree"
                + (account.archives == 0 ? "" : "; \(account.archives) archived logs are whole"))
    }
}

extension StoreTool {
    /// Whether a project has a session of that id, or an archived log of one.
    fileprivate func isKnown(_ id: SessionID, in scope: Scope) async throws(JournalError) -> Bool {
        if try await journal.find(id, in: scope) != nil { return true }
        return try await journal.archive(of: id, in: scope, page: 0) != nil
    }
}
