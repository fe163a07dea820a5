import HoldpointCore
import HoldpointEngine
import HoldpointPorts

/// What a server makes on an empty store, so that there is something to try.
enum FirstStart {
    /// Makes tenant `dev`, project `default` and one key with every right; nil if the store holds a tenant already.
    static func prepare(
        _ ports: EnginePorts, key given: APIKey?
    ) async throws(CommandFailure) -> APIKey? {
        let key = given ?? APIKey(from: ports.entropy)
        do {
            guard try await ports.directory.isEmpty() else { return nil }
            let scope = Scope(tenant: try TenantName("dev"), project: try ProjectName("default"))
            _ = try await ports.directory.createTenant(scope.tenant)
            _ = try await ports.directory.createProject(scope)
            let record = key.record(
                tenant: scope.tenant, project: scope.project, scopes: Set(KeyScope.allCases), at: ports.clock.now(),
                hasher: ports.hasher)
            _ = try await ports.directory.createKey(record)
            return key
        } catch let error as JournalError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.failed, "the first project cannot be made: \(error)")
        }
    }
}
