package import HoldpointCore
package import HoldpointPorts

extension Engine {
    package func retention(of scope: Scope) async throws(GatewayError) -> RetentionSetting? {
        try await reading { () throws(JournalError) in
            let directory = self.services.ports.directory
            guard try await directory.hasProject(scope) else { return nil }
            return RetentionSetting(policy: try await directory.retention(of: scope))
        }
    }

    package func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async throws(GatewayError) -> Bool {
        try await reading { () throws(JournalError) in
            try await self.services.ports.directory.setRetention(policy, of: scope)
        }
    }
}
