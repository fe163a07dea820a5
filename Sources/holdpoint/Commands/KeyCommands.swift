import HoldpointCore
import HoldpointPorts
import JSON

/// Commands about API keys in the store, beside running servers or without one.
enum KeyCommands {
    static let create = Command(
        "key create", "Make an API key, and print it this once.",
        details: "The store keeps only a digest of the key, so it cannot be shown again. A running server honours it "
            + "at once. Scopes: \(KeyScope.allCases.map(\.rawValue).joined(separator: ", ")); all of them by default.",
        options: [
            CommandOption("--project", value: "TENANT/NAME", "The one project that the key opens."),
            CommandOption("--tenant", value: "NAME", "The tenant all of whose projects the key opens."),
            CommandOption("--scopes", value: "A,B", "What the key allows."),
        ] + Setting.store.map { CommandOption($0) },
        examples: [
            CommandExample("holdpoint key create --project acme/billing", "a key that may do everything in a project"),
            CommandExample(
                "holdpoint key create --project acme/billing --scopes sessions:read,requests:respond",
                "a key for people who answer"),
        ]
    ) { call in
        let (tenant, project) = try owner(call)
        let scopes = try scopes(call.value("--scopes"))
        return try await StoreTool.use(call.settings) { store in
            let key = APIKey(from: try SealingKey.entropy())
            let record = key.record(
                tenant: tenant, project: project, scopes: scopes, at: SystemClock().now(), hasher: store.hasher)
            guard try await store.directory.createKey(record) else {
                let place = project.map { "project \(tenant)/\($0)" } ?? "tenant \(tenant)"
                throw CommandFailure(.notFound, "there is no \(place)")
            }
            let names = KeyScope.allCases.filter { scopes.contains($0) }.map { JSONValue.string($0.rawValue) }
            call.output.result(
                [
                    "key": .string(key.text), "id": .string(key.id), "tenant": .string(tenant.text),
                    "project": project.map { .string($0.text) } ?? .null, "scopes": .array(names),
                ], text: key.text)
            return .success
        }
    }

    private static func owner(_ call: Invocation) throws(CommandFailure) -> (TenantName, ProjectName?) {
        switch (call.value("--project"), call.value("--tenant")) {
        case (let project?, nil):
            let scope = try ScopeName.scope(project)
            return (scope.tenant, scope.project)
        case (nil, let tenant?): return (try ScopeName.tenant(tenant), nil)
        default: throw CommandFailure(.usage, "give either --project TENANT/NAME or --tenant NAME")
        }
    }

    private static func scopes(_ text: String?) throws(CommandFailure) -> Set<KeyScope> {
        guard let text else { return Set(KeyScope.allCases) }
        var scopes: Set<KeyScope> = []
        for name in text.split(separator: ",").map(String.init) {
            guard let scope = KeyScope(rawValue: name) else {
                let names = KeyScope.allCases.map(\.rawValue)
                throw CommandFailure(
                    .usage,
                    "--scopes: there is no scope '\(name)'\(NearestName.hint(for: name, among: names)); known: "
                        + names.joined(separator: ", "))
            }
            scopes.insert(scope)
        }
        return scopes
    }

    static let list = Command(
        "key list", "List the API keys of a tenant, or of one project of it.",
        options: [
            CommandOption("--project", value: "TENANT/NAME", "Only the keys of this project."),
            CommandOption("--tenant", value: "NAME", "All keys of this tenant."),
        ] + Setting.store.map { CommandOption($0) },
        examples: [CommandExample("holdpoint key list --tenant acme", "every key of acme")]
    ) { call in
        let (tenant, project) = try owner(call)
        return try await StoreTool.use(call.settings) { store in
            var keys: [KeyRecord] = []
            var last: String?
            repeat {
                guard let page = try await store.directory.keys(of: tenant, after: last, limit: pageSize) else {
                    throw CommandFailure(.notFound, "there is no tenant \(tenant)")
                }
                keys += page
                last = page.count == pageSize ? page.last?.id : nil
            } while last != nil
            if let project { keys = keys.filter { $0.project == project } }
            call.output.result(
                ["items": .array(keys.map(KeyText.document))],
                text: keys.isEmpty ? "no keys" : keys.map(KeyText.line).joined(separator: "\n"))
            return .success
        }
    }

    static let rotate = Command(
        "key rotate", "Give an API key another secret, and print the key this once.",
        details: "The id stays, and with it what the key has opened. The secret before works until the grace ends, the "
            + "one before that no more. A running server honours the new one within a second, too.",
        operands: [Operand("ID", "The id: the middle part of hp_ID_SECRET.")],
        options: [
            CommandOption("--grace", value: "SECONDS", "How long the present secret works yet: 86400 by default.")
        ] + Setting.store.map { CommandOption($0) },
        examples: [CommandExample("holdpoint key rotate 9f86d081884c7d65 --grace 3600", "with an hour to change over")]
    ) { call in
        let grace = try grace(call.value("--grace"))
        return try await StoreTool.use(call.settings) { store in
            let key = APIKey(id: call.operands[0], from: try SealingKey.entropy())
            let now = SystemClock().now()
            let digest = key.digest(store.hasher)
            let record = try await change(
                call.operands[0], in: store,
                .rotate(to: digest, at: now, graceEnd: now.adding(milliseconds: grace * 1_000)))
            guard record.secretDigest == digest else {
                throw CommandFailure(.refused, "the key \(record.id) is revoked")
            }
            call.output.result(
                .object(JSONObject([("key", .string(key.text))] + KeyText.members(record))), text: key.text)
            return .success
        }
    }

    static let revoke = Command(
        "key revoke", "Revoke an API key: it opens nothing any more.",
        details: "A running server refuses it within a second. It stays listed. Streams that it has open go on until "
            + "they end.",
        operands: [Operand("ID", "The id: the middle part of hp_ID_SECRET.")],
        options: Setting.store.map { CommandOption($0) },
        examples: [CommandExample("holdpoint key revoke 9f86d081884c7d65", "revoke it")]
    ) { call in
        try await StoreTool.use(call.settings) { store in
            let record = try await change(call.operands[0], in: store, .revoke(at: SystemClock().now()))
            call.output.result(KeyText.document(record), text: "key \(record.id) is revoked")
            return .success
        }
    }

    /// Keys that are read at once.
    private static let pageSize = 500

    private static func change(
        _ id: String, in store: StoreTool, _ change: KeyChange
    ) async throws -> KeyRecord {
        guard let tenant = try await store.directory.key(id)?.tenant,
            let record = try await store.directory.changeKey(id, of: tenant, change)
        else { throw CommandFailure(.notFound, "there is no key \(id)") }
        return record
    }

    private static func grace(_ text: String?) throws(CommandFailure) -> Int64 {
        guard let text else { return KeyGrace.standardSeconds }
        guard let seconds = Int64(text), (0...KeyGrace.maximumSeconds).contains(seconds) else {
            throw CommandFailure(.usage, "--grace must be a whole number from 0 to \(KeyGrace.maximumSeconds)")
        }
        return seconds
    }
}

/// Keys as commands print them; the secret is not among what is stored.
enum KeyText {
    static func members(_ key: KeyRecord) -> [(String, JSONValue)] {
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
        let names = KeyScope.allCases.filter { key.scopes.contains($0) }.map { JSONValue.string($0.rawValue) }
        return [
            ("id", .string(key.id)), ("tenant", .string(key.tenant.text)),
            ("project", key.project.map { .string($0.text) } ?? .null), ("scopes", .array(names)),
            ("created_at", time(key.createdAt)), ("rotated_at", time(key.rotatedAt)),
            ("replaced_valid_until", time(key.replaced?.validUntil)), ("revoked_at", time(key.revokedAt)),
        ]
    }

    static func document(_ key: KeyRecord) -> JSONValue { .object(JSONObject(members(key))) }

    static func line(_ key: KeyRecord) -> String {
        let place = key.project.map { "\(key.tenant)/\($0)" } ?? "\(key.tenant)"
        let scopes = KeyScope.allCases.filter { key.scopes.contains($0) }.map(\.rawValue).joined(separator: ",")
        let state = key.revokedAt.map { "  revoked \($0)" } ?? key.rotatedAt.map { "  rotated \($0)" } ?? ""
        return "\(key.id)  \(place)  \(scopes)\(state)"
    }
}
