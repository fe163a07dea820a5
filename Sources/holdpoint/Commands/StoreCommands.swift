import HoldpointCore
import HoldpointPorts
import JSON
import SQLiteJournal

/// Commands that make tenants, projects and keys in the data folder, beside a running server or without one.
enum StoreCommands {
    static let createTenant = Command(
        "tenant create", "Make a tenant in the data folder.",
        details: "Works beside a running server, which sees the tenant at once.",
        operands: [Operand("NAME", "Lower-case letters, digits and hyphens, at most 63.")],
        options: [CommandOption(.data)],
        examples: [CommandExample("holdpoint tenant create acme", "make a tenant")]
    ) { call in
        let name = try ScopeName.tenant(call.operands[0])
        return try await StoreTool.use(call.settings) { store in
            guard try await store.journal.createTenant(name) else {
                throw CommandFailure(.refused, "there is a tenant \(name) already")
            }
            call.output.result(["tenant": .string(name.text)], text: "tenant \(name)")
            return .success
        }
    }

    static let createProject = Command(
        "project create", "Make a project of a tenant in the data folder.",
        operands: [Operand("TENANT/NAME", "Both lower-case letters, digits and hyphens, at most 63.")],
        options: [CommandOption(.data)],
        examples: [CommandExample("holdpoint project create acme/billing", "make a project")]
    ) { call in
        let scope = try ScopeName.scope(call.operands[0])
        return try await StoreTool.use(call.settings) { store in
            switch try await store.journal.createProject(scope) {
            case nil: throw CommandFailure(.notFound, "there is no tenant \(scope.tenant)")
            case false?: throw CommandFailure(.refused, "there is a project \(scope) already")
            case true?: call.output.result(["project": .string(scope.description)], text: "project \(scope)")
            }
            return .success
        }
    }

    static let createKey = Command(
        "key create", "Make an API key, and print it this once.",
        details: "The store keeps only a digest of the key, so it cannot be shown again. A running server honours it "
            + "at once. Scopes: \(KeyScope.allCases.map(\.rawValue).joined(separator: ", ")); all of them by default.",
        options: [
            CommandOption("--project", value: "TENANT/NAME", "The one project that the key opens."),
            CommandOption("--tenant", value: "NAME", "The tenant all of whose projects the key opens."),
            CommandOption("--scopes", value: "A,B", "What the key allows."), CommandOption(.data),
        ],
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
            guard try await store.journal.createKey(record) else {
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
}

/// Names of tenants and projects on the command line.
enum ScopeName {
    static func tenant(_ text: String) throws(CommandFailure) -> TenantName {
        do throws(InvalidName) { return try TenantName(text) } catch { throw CommandFailure(.usage, "\(error)") }
    }

    static func scope(_ text: String) throws(CommandFailure) -> Scope {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw CommandFailure(.usage, "'\(text)' is not TENANT/NAME") }
        do throws(InvalidName) {
            return Scope(tenant: try TenantName(parts[0]), project: try ProjectName(parts[1]))
        } catch {
            throw CommandFailure(.usage, "'\(text)': \(error)")
        }
    }
}
