import HoldpointCore
import HoldpointPorts
import JSON

/// Commands that make tenants and projects in the store, beside running servers or without one.
enum StoreCommands {
    static let createTenant = Command(
        "tenant create", "Make a tenant in the data folder or the database.",
        details: "Works beside running servers, which see the tenant at once.",
        operands: [Operand("NAME", "Lower-case letters, digits and hyphens, at most 63.")],
        options: Setting.store.map { CommandOption($0) },
        examples: [CommandExample("holdpoint tenant create acme", "make a tenant")]
    ) { call in
        let name = try ScopeName.tenant(call.operands[0])
        return try await StoreTool.use(call.settings) { store in
            guard try await store.directory.createTenant(name) else {
                throw CommandFailure(.refused, "there is a tenant \(name) already")
            }
            call.output.result(["tenant": .string(name.text)], text: "tenant \(name)")
            return .success
        }
    }

    static let createProject = Command(
        "project create", "Make a project of a tenant in the data folder or the database.",
        operands: [Operand("TENANT/NAME", "Both lower-case letters, digits and hyphens, at most 63.")],
        options: Setting.store.map { CommandOption($0) },
        examples: [CommandExample("holdpoint project create acme/billing", "make a project")]
    ) { call in
        let scope = try ScopeName.scope(call.operands[0])
        return try await StoreTool.use(call.settings) { store in
            switch try await store.directory.createProject(scope) {
            case nil: throw CommandFailure(.notFound, "there is no tenant \(scope.tenant)")
            case false?: throw CommandFailure(.refused, "there is a project \(scope) already")
            case true?: call.output.result(["project": .string(scope.description)], text: "project \(scope)")
            }
            return .success
        }
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
