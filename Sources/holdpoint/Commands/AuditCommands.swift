import HoldpointCore
import HoldpointPorts
import JSON
import SealedSecrets

/// Commands about a project's audit log.
enum AuditCommands {
    static let export = Command(
        "audit export", "Print a project's audit log as JSON Lines.",
        options: [
            CommandOption("--after", value: "N", "Only rows after this one. Default: 0."),
            CommandOption("--limit", value: "N", "At most so many rows. Default: all."),
        ] + Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint audit export > audit.jsonl", "keep the whole log")]
    ) { call in
        let client = try RESTClient(call.settings)
        var after = try call.number("--after", in: 0...Int.max) ?? 0
        var left = try call.number("--limit", in: 1...Int.max) ?? .max
        while left > 0 {
            let query = [("after", String(after)), ("limit", String(min(left, 500)))]
            let page = try client.call("GET", ["audit"], query: query).value
            let items = page["items"]?.arrayValue ?? []
            for item in items { Output.line(item.text) }
            left -= items.count
            guard let next = page["next_cursor"]?.stringValue.flatMap({ Int($0) }), next > after else { break }
            after = next
        }
        return .success
    }

    static let head = Command(
        "audit head", "Print where a project's audit log ends now, signed.",
        details: "Whoever keeps it elsewhere can tell later, with audit verify --head, whether rows were removed from "
            + "the end. Prints JSON in any case.",
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint audit head > head.json", "keep the end of the log")]
    ) { call in
        let head = try RESTClient(call.settings).call("GET", ["audit", "head"]).value
        call.output.result(head, text: head.text)
        return .success
    }

    static let key = Command(
        "audit key", "Print the public key with which receipts and ends of logs are signed.",
        options: Setting.client.map { CommandOption($0) },
        examples: [CommandExample("holdpoint audit key -o json", "the key, to be kept where it cannot be changed")]
    ) { call in
        let key = try RESTClient(call.settings, as: .administrator).call("GET", ["keys", "signing"]).value
        call.output.result(key, text: SessionText.text(key["public_key"]))
        return .success
    }

    static let verify = Command(
        "audit verify", "Walk an audit log, and find the first row that is not as it was written.",
        details: "With FILE it checks an export. Without it opens the data folder or the database beside running "
            + "servers, and changes nothing. The row is named, and ends it with status 1. Signatures are checked when "
            + "the key is at hand: --public-key, or the store's own key file. With --head it also finds rows that were "
            + "removed from the end.",
        operands: [Operand("FILE", "An export, or - for standard input.", isOptional: true)],
        options: [
            CommandOption("--head", value: "FILE", "Where the log ended at some time, as audit head printed it."),
            PublicKeyOption.option,
            CommandOption("--all", "Every project of the store."),
            CommandOption("--project", value: "TENANT/NAME", "Whose log, in the store. Default: dev/default."),
        ] + (Setting.store + [.sealingKey]).map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint audit verify audit.jsonl --head head.json", "check an export"),
            CommandExample("holdpoint audit verify --all", "check every log in the data folder"),
        ]
    ) { call in
        do {
            return call.operands.isEmpty ? try await verifyStore(call) : try verifyFile(call)
        } catch let difference as AuditCheck.Difference {
            call.output.result(
                [
                    "verified": false, "project": .string(difference.scope.description),
                    "n": .integer(difference.fault.number), "detail": .string(difference.fault.detail),
                ], text: difference.text)
            throw CommandFailure(.failed, difference.text)
        }
    }

    private static func verifyFile(_ call: Invocation) throws -> ExitCode {
        guard !call.has("--all"), call.value("--project") == nil else {
            throw CommandFailure(.usage, "--all and --project are for a store; an export says whose it is")
        }
        let check = try check(call, key: PublicKeyOption.key(call))
        var file = try AuditFile(call.operands[0])
        defer { file.finish() }
        var account = AuditCheck.Account()
        try check.check(&file, into: &account)
        report(account, check, call.output)
        return .success
    }

    private static func verifyStore(_ call: Invocation) async throws -> ExitCode {
        let check = try check(call, key: PublicKeyOption.key(call, ofStore: call.settings))
        let named = try ScopeName.scope(call.value("--project") ?? "dev/default")
        if let claim = check.claim, !call.has("--all"), claim.scope != named {
            throw CommandFailure(.usage, "--head is of \(claim.scope), not of \(named)")
        }
        let store = try await StoreTool(call.settings, for: .inspection)
        do {
            let scopes = call.has("--all") ? try await store.scopes() : [named]
            var account = AuditCheck.Account()
            for scope in scopes {
                guard try await store.directory.hasProject(scope) else {
                    throw CommandFailure(.notFound, "there is no project \(scope)")
                }
                try await check.check(scope, in: store.journal, into: &account)
            }
            await store.close()
            report(account, check, call.output)
            return .success
        } catch {
            await store.close()
            throw error
        }
    }

    private static func check(_ call: Invocation, key: PublicKey?) throws(CommandFailure) -> AuditCheck {
        let verifier = try SealingKey.verifier()
        var claim: (scope: Scope, head: AuditHead)?
        if let path = call.value("--head") {
            let document = try InputText.json("@" + path, "--head")
            do throws(InvalidAuditHead) {
                claim = try SignedAuditHead.read(document, key: key, verifier: verifier, hasher: SHA256Hasher())
            } catch {
                throw CommandFailure(.failed, "\(path): \(error)")
            }
        }
        return AuditCheck(hasher: SHA256Hasher(), verifier: verifier, key: key, claim: claim)
    }

    private static func report(_ account: AuditCheck.Account, _ check: AuditCheck, _ output: Output) {
        let signatures =
            check.key == nil
            ? "signatures were not checked, since no key was given" : "\(account.signatures) signatures fit"
        output.result(
            [
                "verified": true, "logs": .integer(Int64(account.logs)), "rows": .integer(account.rows),
                "signatures": check.key == nil ? .null : .integer(account.signatures),
            ], text: "verified \(account.rows) rows of \(account.logs) audit logs: the chain is whole; \(signatures)")
    }
}
