package import HoldpointPorts

extension Engine {
    package func readiness() async -> Readiness {
        let store = await services.ports.journal.problem
        let streams = services.ports.streams.problem
        return Readiness(
            parts: [("engine", life.problem), ("store", store)], degradations: [streams].compactMap { $0 })
    }

    package func nodes() async throws(GatewayError) -> [NodeRecord] {
        try await reading { () throws(JournalError) in try await self.services.ports.journal.nodes() }
    }

    /// How many shards this node owns.
    package var ownedShards: Int {
        get async { await services.ownership.shards().count }
    }
}
