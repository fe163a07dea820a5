package import HoldpointCore
package import JSON

/// Tenants, projects, API keys, agents, secrets, policies, people and webhooks.
package protocol Directory: SecretDirectory, PolicyDirectory, PeopleDirectory, WebhookDirectory {
    /// Makes a tenant; false if there is one by that name.
    func createTenant(_ tenant: TenantName) async throws(JournalError) -> Bool

    /// Makes a project; false if there is one by that name. Nil if the tenant is unknown.
    func createProject(_ scope: Scope) async throws(JournalError) -> Bool?

    /// Whether the project exists.
    func hasProject(_ scope: Scope) async throws(JournalError) -> Bool

    /// Whether the store holds no tenant at all.
    func isEmpty() async throws(JournalError) -> Bool

    /// A page of tenants by name, after `name`.
    func tenants(after name: TenantName?, limit: Int) async throws(JournalError) -> [TenantName]

    /// A page of a tenant's projects by name, after `name`; nil if the tenant is unknown.
    func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(JournalError) -> [ProjectName]?

    /// What becomes of a project's sessions some time after they ended; nil if they are kept, or there is no such
    /// project.
    func retention(of scope: Scope) async throws(JournalError) -> RetentionPolicy?

    /// Sets what becomes of a project's sessions; nil keeps them. False if there is no such project.
    func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async throws(JournalError) -> Bool

    /// A page of the projects that have a policy, by tenant and name, after `scope`.
    func retentions(after scope: Scope?, limit: Int) async throws(JournalError) -> [ProjectRetention]

    /// Stores a key; false if its tenant or project is unknown.
    func createKey(_ key: KeyRecord) async throws(JournalError) -> Bool

    /// The key of that public id.
    func key(_ id: String) async throws(JournalError) -> KeyRecord?

    /// A page of a tenant's keys by id, after `id`; nil if the tenant is unknown.
    func keys(of tenant: TenantName, after id: String?, limit: Int) async throws(JournalError) -> [KeyRecord]?

    /// Changes a key and returns it as it then stands; nil if the tenant has none of that id.
    func changeKey(
        _ id: String, of tenant: TenantName, _ change: KeyChange
    ) async throws(JournalError) -> KeyRecord?

    /// Defines an agent: a new version if the definition differs from the latest, else the latest as it is.
    func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(JournalError) -> AgentRecord

    /// The latest version of an agent.
    func agent(_ name: AgentName, in scope: Scope) async throws(JournalError) -> AgentRecord?

    /// A version of an agent, for ever as it was put.
    func agent(_ name: AgentName, version: Int64, in scope: Scope) async throws(JournalError) -> AgentRecord?

    /// A page of an agent's versions, the newest first, from the one before `version`; shorter than `limit` only at the
    /// end, or when its documents reached `JournalPage.bytes`.
    func versions(
        of name: AgentName, in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [AgentRecord]

    /// A page of the project's agents by name, latest versions, after `name`; shorter than `limit` only at the end, or
    /// when its documents reached `JournalPage.bytes`.
    func agents(in scope: Scope, after name: AgentName?, limit: Int) async throws(JournalError) -> [AgentRecord]
}

/// What an agent is.
package struct AgentDefinition: Sendable, Equatable {
    /// Its name.
    package let name: AgentName
    /// What drives its sessions.
    package let program: Program
    /// The document of a workflow; nil for a program that has none.
    package let definition: JSONValue?
    /// A JSON Schema (2020-12) that a session's input must satisfy, if there is one.
    package let inputSchema: JSONValue?
    /// Texts to find it by.
    package let labels: [String: String]

    package init(
        name: AgentName, program: Program, definition: JSONValue? = nil, inputSchema: JSONValue?,
        labels: [String: String]
    ) {
        self.name = name
        self.program = program
        self.definition = definition
        self.inputSchema = inputSchema
        self.labels = labels
    }
}

/// A version of an agent.
package struct AgentRecord: Sendable, Equatable {
    /// What it is.
    package let definition: AgentDefinition
    /// 1, 2, 3 …: one more each time the definition changes.
    package let version: Int64
    /// When this version was defined.
    package let createdAt: Timestamp

    package init(definition: AgentDefinition, version: Int64, createdAt: Timestamp) {
        self.definition = definition
        self.version = version
        self.createdAt = createdAt
    }

    /// What its documents take as JSON text, in bytes.
    package var documentBytes: Int {
        [definition.definition, definition.inputSchema].reduce(0) { $0 + ($1?.serialized().count ?? 0) }
    }
}

extension JournalPage {
    /// Whether a page was ended by its bytes, so that more may follow.
    package static func isFull(_ records: [AgentRecord]) -> Bool {
        records.reduce(0) { $0 + $1.documentBytes } >= bytes
    }
}
