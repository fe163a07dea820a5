import HoldpointCore
import HoldpointPorts
import SealedSecrets

/// What is made on an empty store, so that there is something to try.
enum FirstStart {
    /// Makes tenant `dev`, project `default` and one key with every right; nil if the store holds a tenant already.
    static func prepare(
        _ directory: any Directory, key given: APIKey?, at time: Timestamp
    ) async throws(CommandFailure) -> APIKey? {
        let entropy = try SealingKey.entropy()
        let key = given ?? APIKey(from: entropy)
        do {
            guard try await directory.isEmpty() else { return nil }
            let scope = Scope(tenant: try TenantName("dev"), project: try ProjectName("default"))
            _ = try await directory.createTenant(scope.tenant)
            _ = try await directory.createProject(scope)
            let record = key.record(
                tenant: scope.tenant, project: scope.project, scopes: Set(KeyScope.allCases), at: time,
                hasher: SHA256Hasher())
            _ = try await directory.createKey(record)
            return key
        } catch let error as JournalError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.failed, "the first project cannot be made: \(error)")
        }
    }
}
