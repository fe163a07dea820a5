import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Workflows in a running engine: what is committed when, who is told, and what a restart finds.
struct WorkflowSessionLifeTests {
    private static func document(_ name: String, _ tasks: JSONValue) -> JSONValue {
        ["document": ["dsl": "1.0.3", "namespace": "test", "name": .string(name), "version": "1.0.0"], "do": tasks]
    }

    private static let ask: JSONValue = [
        "ask": [
            "call": "human", "with": ["type": "decision", "title": "How?", "options": [["id": "a"], ["id": "b"]]],
        ]
    ]

    private func scene(_ documents: [String: JSONValue]) async throws -> EngineScene {
        let scene = try await EngineScene()
        for (name, tasks) in documents {
            _ = try await scene.journal.putAgent(
                AgentDefinition(
                    name: try AgentName(name), program: .workflow, definition: Self.document(name, tasks),
                    inputSchema: nil, labels: [:]), in: scene.scope)
        }
        return scene
    }

    private func start(
        _ engine: Engine, _ scene: EngineScene, _ agent: String, input: JSONValue = [:]
    ) async throws -> SessionView {
        let start = SessionStart(
            id: nil, agent: try AgentName(agent), input: input, labels: [:], onBehalfOf: nil)
        let result = try await engine.start(start, in: scene.scope, options: scene.options())
        guard case .session(let view, _, _) = result else { throw Surprise("the start was stored") }
        return view
    }

    @Test(.timeLimit(.minutes(1)))
    func `a start and an answer are one commit each, with all that follows`() async throws {
        var scene = try await scene(["flow": [["a": ["set": ["x": 1]]], Self.ask, ["b": ["set": ["y": 2]]]]])
        let commits = Guarded(0)
        scene.decorate = { CountingJournal(base: $0, commits: commits) }
        try await scene.serving { [scene] engine in
            let view = try await start(engine, scene, "flow")
            #expect(view.status == .waiting)
            #expect(commits.read { $0 } == 1)
            let request = try #require(view.state.openRequests.first?.request.id)
            _ = try await scene.answer(engine, ["decision": "a"], to: request)
            #expect(commits.read { $0 } == 2)
            let ended = try await engine.session(view.state.identity.id, in: scene.scope)
            #expect(ended.state.ending == .completed(output: ["y": 2]))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a kill in the middle of a wait changes nothing but the clock`() async throws {
        let scene = try await scene(["flow": [["rest": ["wait": ["minutes": 10]]], ["b": ["set": ["y": 2]]]]])
        let held = Guarded<SessionView?>(nil)
        try await scene.serving { [scene] engine in
            let view = try await start(engine, scene, "flow")
            held.withState { $0 = view }
        }
        let view = try #require(held.read { $0 })
        #expect(view.status == .waiting)
        scene.clock.advance(milliseconds: 300_000)
        try await scene.serving { [scene] engine in
            let waiting = try await engine.session(view.state.identity.id, in: scene.scope)
            #expect(waiting.status == .waiting)
            let ended = try await scene.status(engine, of: view.state.identity.id, becomes: .completed)
            #expect(ended.state.updatedAt >= view.state.createdAt.adding(milliseconds: 600_000))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a workflow that stops to commit goes on, and others have their turn meanwhile`() async throws {
        let scene = try await scene(["flow": [["again": ["set": ["x": 1], "then": "again"]]]])
        try await scene.serving { [scene] engine in
            let view = try await start(engine, scene, "flow")
            #expect(view.status == .running)
            let result = try await engine.command(
                .cancel(reason: nil), to: view.state.identity.id, in: scene.scope, options: scene.options())
            guard case .session(let ended, _, _) = result else { throw Surprise("the command was stored") }
            #expect(ended.status == .cancelled)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a child asks a human, and its parent gets the answer`() async throws {
        let scene = try await scene([
            "parent": [
                [
                    "other": [
                        "run": ["workflow": ["namespace": "test", "name": "child", "version": "latest", "input": [:]]]
                    ]
                ]
            ],
            "child": [Self.ask],
        ])
        try await scene.serving { [scene] engine in
            let parent = try await start(engine, scene, "parent")
            let child = try #require(parent.state.workflow?.children.first)
            let waiting = try await scene.status(engine, of: child.session, becomes: .waiting)
            #expect(waiting.state.parent?.session == parent.state.identity.id)
            let request = try #require(waiting.state.openRequests.first?.request.id)
            _ = try await scene.answer(engine, ["decision": "b"], to: request)
            let ended = try await scene.status(engine, of: parent.state.identity.id, becomes: .completed)
            #expect(ended.state.ending == .completed(output: ["decision": "b"]))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a child that cannot start fails where it was started`() async throws {
        let scene = try await scene([
            "parent": [["other": ["run": ["workflow": ["namespace": "test", "name": "nobody", "version": "latest"]]]]]
        ])
        try await scene.serving { [scene] engine in
            let parent = try await start(engine, scene, "parent")
            let ended = try await scene.status(engine, of: parent.state.identity.id, becomes: .failed)
            guard case .failed(let error) = ended.state.ending else { throw Surprise("it should have failed") }
            #expect(error["instance"] == "/do/0/other")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `sessions that start each other without end are stopped`() async throws {
        let scene = try await scene([
            "spiral": [["other": ["run": ["workflow": ["namespace": "test", "name": "spiral", "version": "latest"]]]]]
        ])
        try await scene.serving { [scene] engine in
            let first = try await start(engine, scene, "spiral")
            _ = try await scene.status(engine, of: first.state.identity.id, becomes: .failed)
            let page = try await engine.sessions(
                status: nil, agent: nil, cursor: nil, limit: 100, in: scene.scope)
            #expect(page.items.count == WorkflowLimits.childrenAtOnce.count + 1)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a log that becomes long goes on as another session`() async throws {
        var scene = try await scene([
            "flow": [
                ["rest": ["wait": ["milliseconds": 1], "then": "ask"]], Self.ask,
                ["again": ["set": ["x": 1], "then": "rest"]],
            ]
        ])
        scene.configure = { $0.sessionLimits.eventsBeforeContinuing = 5 }
        try await scene.serving { [scene] engine in
            let first = try await start(engine, scene, "flow")
            var view = first
            while view.state.openRequests.isEmpty, !Task.isCancelled {
                scene.clock.advance(milliseconds: 1)
                view = try await engine.session(first.state.identity.id, in: scene.scope)
                await Task.yield()
            }
            let request = try #require(view.state.openRequests.first?.request.id)
            _ = try await scene.answer(engine, ["decision": "a"], to: request)
            let ended = try await scene.status(engine, of: first.state.identity.id, becomes: .completed)
            guard case .continued(let next) = ended.state.ending else { throw Surprise("it should go on elsewhere") }
            // Time stands still meanwhile: with it the next session would go on, and soon as yet another one.
            while try await scene.journal.find(next, in: scene.scope) == nil, !Task.isCancelled { await Task.yield() }
            let after = try await engine.session(next, in: scene.scope)
            #expect(after.state.continues?.first == first.state.identity.id)
            #expect(after.state.agent == first.state.agent)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a session goes on with the version that it was started with`() async throws {
        let scene = try await scene(["flow": [Self.ask, ["b": ["set": ["version": 1]]]]])
        try await scene.serving { [scene] engine in
            let view = try await start(engine, scene, "flow")
            _ = try await scene.journal.putAgent(
                AgentDefinition(
                    name: try AgentName("flow"), program: .workflow,
                    definition: Self.document("flow", [["c": ["set": ["version": 2]]]]), inputSchema: nil,
                    labels: [:]), in: scene.scope)
            let request = try #require(view.state.openRequests.first?.request.id)
            _ = try await scene.answer(engine, ["decision": "a"], to: request)
            let ended = try await engine.session(view.state.identity.id, in: scene.scope)
            #expect(ended.state.ending == .completed(output: ["version": 1]))
        }
    }
}

/// Counts the commits that a session makes.
private struct CountingJournal: JournalDecorator {
    let base: any Journal
    let commits: Guarded<Int>

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        commits.withState { $0 += 1 }
        return try await base.commit(commit)
    }
}
