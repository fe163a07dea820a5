import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Which version of a workflow runs.
struct WorkflowVersionTests {
    private static func document(_ version: String, _ tasks: JSONValue, metadata: JSONValue = [:]) -> JSONValue {
        [
            "document": [
                "dsl": "1.0.3", "namespace": "test", "name": "child", "version": .string(version), "metadata": metadata,
            ], "do": tasks,
        ]
    }

    @Test(.timeLimit(.minutes(1)))
    func `a workflow starts the version that it names, behind however many large ones`() async throws {
        let scene = try await EngineScene()
        func put(_ name: String, _ document: JSONValue) async throws {
            let definition = AgentDefinition(
                name: try AgentName(name), program: .workflow, definition: document, inputSchema: nil, labels: [:])
            _ = try await scene.journal.putAgent(definition, in: scene.scope)
        }
        try await put("child", Self.document("1.0.0", [["a": ["set": ["version": 1]]]]))
        let large = JSONValue.string(String(repeating: "x", count: JournalPage.bytes / 2))
        for number: Int64 in 2...6 {
            let tasks: JSONValue = [["a": ["set": ["version": .integer(number)]]]]
            try await put("child", Self.document("2.0.\(number)", tasks, metadata: ["notes": large]))
        }
        let run: JSONValue = ["workflow": ["namespace": "test", "name": "child", "version": "1.0.0"]]
        try await put("parent", Self.document("1.0.0", [["other": ["run": run]]]))
        try await scene.serving { [scene] engine in
            let start = SessionStart(
                id: nil, agent: try AgentName("parent"), input: [:], labels: [:], onBehalfOf: nil)
            let result = try await engine.start(start, in: scene.scope, options: scene.options())
            guard case .session(let parent, _, _) = result else { throw Surprise("the start was stored") }
            let ended = try await scene.status(engine, of: parent.state.identity.id, becomes: .completed)
            #expect(ended.state.ending == .completed(output: ["version": 1]))
        }
    }
}
