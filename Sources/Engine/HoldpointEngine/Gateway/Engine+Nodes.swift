package import HoldpointPorts

extension Engine {
    package func readiness() async -> Readiness {
        let store = await services.ports.journal.problem
        let streams = services.ports.streams.problem
        let left = await directory.releasedCount
        let released = left > 0 ? "\(left) sessions wait for a node of the later release that wrote them" : nil
        return Readiness(
            parts: [("engine", life.problem), ("store", store), ("lease", leaseProblem)],
            degradations: [streams, released, await shards.recoveryProblem].compactMap { $0 })
    }

    package func nodes() async throws(GatewayError) -> [NodeRecord] {
        try await reading { () throws(JournalError) in try await self.services.ports.journal.nodes() }
    }

    /// Why this node decides for no session, if that is its lease; nil if the lease stands.
    private var leaseProblem: String? {
        if life.problem != nil || services.tenure.isValid { return nil }
        return "the lease has run out and was not renewed: other nodes may own every session"
    }

    /// How many shards this node decides for.
    package var ownedShards: Int {
        get async { services.tenure.served.count }
    }
}
