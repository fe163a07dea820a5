import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import JSON

/// A node that a benchmark plays sessions on.
protocol BenchmarkCaller: Sendable {
    var engine: Engine { get }
    var scope: Scope { get }
    /// The agent of kind `external`.
    var agent: AgentName { get }
}

/// What every pause cycle asks and answers.
enum BenchmarkCycle {
    /// The input of a session, of 1,000 bytes; the context of its request has as many.
    static let input: JSONValue = ["text": .string(String(repeating: "x", count: 1_000))]
    static let answer = RawAnswer(response: ["answer": "this one"], comment: nil)

    static func draft() throws -> RequestDraft {
        try RequestDraft(["type": "clarification", "title": "Which one?", "context": input])
    }
}

extension BenchmarkCaller {
    var options: CommandOptions { CommandOptions(principal: .key("benchmark")) }

    /// Makes a tenant and a project in a fresh store.
    static func prepareScope(in directory: some Directory) async throws -> Scope {
        let scope = Scope(tenant: try TenantName("bench"), project: try ProjectName("default"))
        _ = try await directory.createTenant(scope.tenant)
        _ = try await directory.createProject(scope)
        return scope
    }

    /// Makes an agent of kind `external` in a fresh project.
    static func prepareAgent(of scope: Scope, in directory: some Directory) async throws -> AgentName {
        let agent = try AgentName("external")
        _ = try await directory.putAgent(
            AgentDefinition(name: agent, program: .external, inputSchema: nil, labels: [:]), in: scope)
        return agent
    }

    /// Defines an agent that runs the document.
    func put(_ document: BenchmarkDocument) async throws {
        try await put(try document.definition, as: document.agent)
    }

    /// Defines an agent that runs a workflow.
    func put(_ definition: JSONValue, as agent: AgentName) async throws {
        _ = try await engine.putAgent(
            AgentDefinition(name: agent, program: .workflow, definition: definition, inputSchema: nil, labels: [:]),
            in: scope)
    }

    /// Starts a session, under an id that is made if none is given, and returns it as it then stands.
    func start(_ agent: AgentName, input: JSONValue, id: SessionID? = nil) async throws -> SessionView {
        let start = SessionStart(id: id, agent: agent, input: input, labels: [:], onBehalfOf: nil)
        guard case .session(let session, _, _) = try await engine.start(start, in: scope, options: options) else {
            throw BenchmarkFailure("a command was stored instead of applied")
        }
        return session
    }

    /// One session of kind `external` from its start to its end: four commits.
    func externalCycle(_ draft: RequestDraft) async throws {
        let session = try await start(agent, input: BenchmarkCycle.input)
        guard
            case .request(let request, _, _) = try await engine.command(
                .openRequest(draft), to: session.state.identity.id, in: scope, options: options)
        else { throw BenchmarkFailure("a command was stored instead of applied") }
        try await answer(request.request.id)
        let completed = try await engine.command(
            .complete(output: ["done": true]), to: session.state.identity.id, in: scope, options: options)
        guard case .session = completed else { throw BenchmarkFailure("a command was stored instead of applied") }
    }

    /// One workflow that asks a human, is answered and completes: two commits.
    func humanCycle() async throws {
        try await answer(try await ask())
    }

    /// Starts a workflow that asks a human, and returns its question.
    func ask() async throws -> RequestID {
        let session = try await start(BenchmarkDocument.human.agent, input: BenchmarkCycle.input)
        guard let open = session.state.openRequests.first else { throw BenchmarkFailure("nothing was asked") }
        return open.request.id
    }

    /// Answers a question, and throws unless the answer is applied when the call returns.
    func answer(_ request: RequestID) async throws {
        let result = try await engine.answer(BenchmarkCycle.answer, to: request, in: scope, options: options)
        if case .stored = result { throw BenchmarkFailure("an answer was stored and not applied in time") }
    }
}
