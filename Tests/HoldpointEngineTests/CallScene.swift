import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

extension EngineScene {
    /// A scene whose calls follow a script.
    static func calling(_ calls: ScriptedCalls) async throws -> EngineScene {
        var scene = try await EngineScene()
        scene.calls = calls
        return scene
    }

    /// Defines a workflow of these tasks, with secrets to use.
    func define(
        _ tasks: JSONValue, secrets: [String] = [], named name: String = "caller", in scope: Scope? = nil
    ) async throws -> AgentName {
        let document: JSONValue = [
            "document": ["dsl": "1.0.0", "namespace": "test", "name": .string(name), "version": "1.0.0"],
            "use": ["secrets": .array(secrets.map { .string($0) })], "do": tasks,
        ]
        let agent = try AgentName(name)
        _ = try await journal.putAgent(
            AgentDefinition(name: agent, program: .workflow, definition: document, inputSchema: nil, labels: [:]),
            in: scope ?? self.scope)
        return agent
    }

    /// Starts a workflow.
    func begin(
        _ agent: AgentName, as id: String, input: JSONValue = [:], in scope: Scope? = nil, on engine: Engine
    ) async throws -> SessionID {
        let start = SessionStart(
            id: try SessionID(id), agent: agent, input: input, labels: [:], onBehalfOf: nil)
        guard
            case .session(let view, _, _) = try await engine.start(
                start, in: scope ?? self.scope, options: options())
        else { throw Surprise("the start was stored") }
        return view.state.identity.id
    }

    /// The log of a session.
    func log(of id: SessionID) async throws -> [RecordedEvent] {
        guard let identity = try await journal.find(id, in: scope) else { throw Surprise("there is no session \(id)") }
        return try await journal.events(of: identity.key, in: scope, after: 0, limit: 1_000)
    }

    /// The types of the events in the log that tell of calls.
    func calls(in id: SessionID) async throws -> [String] {
        try await log(of: id).map(\.type.text).filter { $0.hasPrefix("tool_") }
    }

    /// Waits until a request of the session is pending, moving the clock in small steps.
    func question(to id: SessionID, on engine: Engine) async throws -> HumanRequest {
        _ = try await status(engine, of: id, becomes: .waiting)
        guard let open = try await engine.session(id, in: scope).state.openRequests.first else {
            throw Surprise("nothing is asked")
        }
        return open.request
    }
}

/// A task that calls.
func call(
    _ method: String, headers: JSONObject = [:], body: JSONValue? = nil, bearer secret: String? = nil
) -> JSONValue {
    var endpoint: JSONObject = ["uri": "https://service.example/pay"]
    if let secret { endpoint["authentication"] = ["bearer": ["use": .string(secret)]] }
    var with: JSONObject = ["method": .string(method), "endpoint": .object(endpoint), "headers": .object(headers)]
    with["body"] = body
    return ["call": "http", "with": .object(with)]
}

extension SessionView {
    /// What the session completed with, if it did.
    var output: JSONValue? {
        if case .completed(let output) = state.ending { output } else { nil }
    }

    /// The problem that it failed with, if it did.
    var error: JSONValue? {
        if case .failed(let error) = state.ending { error } else { nil }
    }
}

/// Does something right before a commit, by its number from 1.
struct BeforeCommit: JournalDecorator {
    let base: any Journal
    private let number: Int
    private let action: @Sendable () async -> Void
    private let commits = Guarded(0)

    init(of base: any Journal, number: Int, _ action: @escaping @Sendable () async -> Void) {
        self.base = base
        self.number = number
        self.action = action
    }

    func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value { try await call(base) }

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        let count = commits.withState { commits -> Int in
            commits += 1
            return commits
        }
        if count == number { await action() }
        return try await base.commit(commit)
    }
}
