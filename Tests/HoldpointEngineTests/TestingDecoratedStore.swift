import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// A decorated journal beside the directory of the store behind it.
struct DecoratedStore: JournalDecorator, Directory {
    let base: any Journal
    let directory: any Directory

    init(journal: any Journal, directory: any Directory) {
        base = journal
        self.directory = directory
    }

    func createTenant(_ tenant: TenantName) async throws(JournalError) -> Bool {
        try await directory.createTenant(tenant)
    }

    func createProject(_ scope: Scope) async throws(JournalError) -> Bool? {
        try await directory.createProject(scope)
    }

    func hasProject(_ scope: Scope) async throws(JournalError) -> Bool { try await directory.hasProject(scope) }

    func isEmpty() async throws(JournalError) -> Bool { try await directory.isEmpty() }

    func retention(of scope: Scope) async throws(JournalError) -> RetentionPolicy? {
        try await directory.retention(of: scope)
    }

    func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async throws(JournalError) -> Bool {
        try await directory.setRetention(policy, of: scope)
    }

    func retentions(after scope: Scope?, limit: Int) async throws(JournalError) -> [ProjectRetention] {
        try await directory.retentions(after: scope, limit: limit)
    }

    func createKey(_ key: KeyRecord) async throws(JournalError) -> Bool { try await directory.createKey(key) }

    func key(_ id: String) async throws(JournalError) -> KeyRecord? { try await directory.key(id) }

    func tenants(after name: TenantName?, limit: Int) async throws(JournalError) -> [TenantName] {
        try await directory.tenants(after: name, limit: limit)
    }

    func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(JournalError) -> [ProjectName]? {
        try await directory.projects(of: tenant, after: name, limit: limit)
    }

    func keys(of tenant: TenantName, after id: String?, limit: Int) async throws(JournalError) -> [KeyRecord]? {
        try await directory.keys(of: tenant, after: id, limit: limit)
    }

    func changeKey(
        _ id: String, of tenant: TenantName, _ change: KeyChange
    ) async throws(JournalError) -> KeyRecord? {
        try await directory.changeKey(id, of: tenant, change)
    }

    func putUser(_ user: UserRecord, in scope: Scope) async throws(JournalError) -> Bool {
        try await directory.putUser(user, in: scope)
    }

    func user(_ id: UserID, in scope: Scope) async throws(JournalError) -> UserRecord? {
        try await directory.user(id, in: scope)
    }

    func users(in scope: Scope, after id: UserID?, limit: Int) async throws(JournalError) -> [UserRecord] {
        try await directory.users(in: scope, after: id, limit: limit)
    }

    func deleteUser(_ id: UserID, in scope: Scope) async throws(JournalError) -> Bool {
        try await directory.deleteUser(id, in: scope)
    }

    func putSecret(_ secret: ProjectSecret, in scope: Scope) async throws(JournalError) -> Bool {
        try await directory.putSecret(secret, in: scope)
    }

    func secret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> ProjectSecret? {
        try await directory.secret(name, in: scope)
    }

    func secrets(
        in scope: Scope, after name: SecretName?, limit: Int
    ) async throws(JournalError) -> [ProjectSecretEntry] {
        try await directory.secrets(in: scope, after: name, limit: limit)
    }

    func deleteSecret(_ name: SecretName, in scope: Scope) async throws(JournalError) -> Bool {
        try await directory.deleteSecret(name, in: scope)
    }

    func webhook(in scope: Scope) async throws(JournalError) -> WebhookRecord? {
        try await directory.webhook(in: scope)
    }

    func putWebhook(_ record: WebhookRecord, in scope: Scope) async throws(JournalError) -> Bool {
        try await directory.putWebhook(record, in: scope)
    }

    func deleteWebhook(in scope: Scope) async throws(JournalError) -> Bool {
        try await directory.deleteWebhook(in: scope)
    }

    func putPolicy(
        _ document: JSONValue, by principal: Principal, at time: Timestamp, in scope: Scope
    ) async throws(JournalError) -> PolicyRecord? {
        try await directory.putPolicy(document, by: principal, at: time, in: scope)
    }

    func policy(in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        try await directory.policy(in: scope)
    }

    func policy(version: Int64, in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        try await directory.policy(version: version, in: scope)
    }

    func policies(in scope: Scope, before version: Int64?, limit: Int) async throws(JournalError) -> [PolicyRecord] {
        try await directory.policies(in: scope, before: version, limit: limit)
    }

    func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(JournalError) -> AgentRecord {
        try await directory.putAgent(definition, in: scope)
    }

    func agent(_ name: AgentName, in scope: Scope) async throws(JournalError) -> AgentRecord? {
        try await directory.agent(name, in: scope)
    }

    func agent(_ name: AgentName, version: Int64, in scope: Scope) async throws(JournalError) -> AgentRecord? {
        try await directory.agent(name, version: version, in: scope)
    }

    func versions(
        of name: AgentName, in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        try await directory.versions(of: name, in: scope, before: version, limit: limit)
    }

    func agents(
        in scope: Scope, after name: AgentName?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        try await directory.agents(in: scope, after: name, limit: limit)
    }
}
