package import HoldpointCore
package import HoldpointPorts

extension Engine {
    package func authenticate(_ bearer: String) async throws(GatewayError) -> Caller? {
        try await reading { () throws(JournalError) in try await self.access.authenticate(bearer) }
    }

    package func hasProject(_ scope: Scope) async throws(GatewayError) -> Bool {
        try await reading { () throws(JournalError) in try await self.access.hasProject(scope) }
    }

    package func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(GatewayError) -> AgentRecord {
        let ports = services.ports
        let check = DefinitionCheck(documents: ports.documents, expressions: ports.expressions)
        let definition = try await check.checked(definition)
        let record = try await reading { () throws(JournalError) in
            try await ports.directory.putAgent(definition, in: scope)
        }
        await access.forgetAgent(definition.name, in: scope)
        return record
    }

    package func agent(_ name: AgentName, in scope: Scope) async throws(GatewayError) -> AgentRecord {
        guard
            let record = try await reading({ () throws(JournalError) in
                try await self.services.ports.directory.agent(name, in: scope)
            })
        else { throw .rejected(Rejection(.agentNotFound, "there is no such agent")) }
        return record
    }

    package func agents(
        in scope: Scope, after name: AgentName?, limit: Int
    ) async throws(GatewayError) -> Page<AgentRecord> {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.agents(in: scope, after: name, limit: limit + 1)
        }
        let items = Array(found.prefix(limit))
        let hasMore = found.count > limit || JournalPage.isFull(found)
        return Page(items: items, nextCursor: hasMore ? items.last?.definition.name.text : nil)
    }

    /// Runs a read of the store, and says the store's failures in the gateway's words.
    func reading<Value: Sendable>(
        _ read: () async throws(JournalError) -> Value
    ) async throws(GatewayError) -> Value {
        do {
            return try await read()
        } catch {
            throw GatewayError(SessionFailure(error))
        }
    }
}

extension GatewayError {
    /// What a caller is told of a failure.
    init(_ failure: SessionFailure) {
        switch failure {
        case .unavailable, .notOwner, .retired, .sessionExists, .outdated:
            self = .unavailable("the store or the session's owner cannot take it now", retryAfter: .seconds(1))
        case .newer:
            self = .unavailable(
                "a later release of Holdpoint wrote it, and only a node of that release takes it",
                retryAfter: .seconds(1))
        case .overloaded:
            self = .unavailable("too much waits for the session or the store", retryAfter: .seconds(1))
        case .inDoubt:
            self = .unavailable(
                "the store did not say whether it was done; the same request again tells", retryAfter: .seconds(1))
        case .failed:
            self = .rejected(Rejection(.commandDead, "the session or what is stored of it is at fault"))
        }
    }
}
