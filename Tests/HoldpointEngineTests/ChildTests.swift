import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Workflows that run others: what parent and child learn of one another, whatever comes between.
@Suite("Children of workflows", .timeLimit(.minutes(1)))
struct ChildTests {
    private static let ask: JSONValue = [
        "ask": [
            "call": "human", "with": ["type": "decision", "title": "How?", "options": [["id": "a"], ["id": "b"]]],
        ]
    ]

    private static func run(_ name: String, as task: String = "other", input: JSONValue = [:]) -> JSONValue {
        [
            task: [
                "run": [
                    "workflow": [
                        "namespace": "test", "name": .string(name), "version": "latest", "input": input,
                    ]
                ]
            ]
        ]
    }

    /// Runs a child until somebody answers, whichever is first.
    private static let race: JSONValue = [
        "race": ["fork": ["compete": true, "branches": [run("child"), ask]]]
    ]

    private func answer(_ engine: Engine, _ scene: EngineScene, in id: SessionID) async throws {
        let open = try await engine.session(id, in: scene.scope).state.openRequests
        _ = try await scene.answer(engine, ["decision": "a"], to: try #require(open.first?.request.id))
    }

    private func child(of id: SessionID, _ engine: Engine, _ scene: EngineScene) async throws -> OpenChild {
        try #require(try await engine.session(id, in: scene.scope).state.workflow?.children.first)
    }

    /// The session that goes on for this one, or for the one that does, and asks.
    private func asking(after first: SessionID, _ engine: Engine, _ scene: EngineScene) async throws -> SessionID {
        var id = first
        while !Task.isCancelled {
            if try await scene.journal.find(id, in: scene.scope) != nil {
                let state = try await engine.session(id, in: scene.scope).state
                if !state.openRequests.isEmpty { return id }
                if case .continued(let next) = state.ending { id = next }
            }
            scene.clock.advance(milliseconds: 1)
            await Task.yield()
        }
        throw Surprise("nobody asked")
    }

    @Test func `a child that is given up before its start was decided does not run`() async throws {
        let scene = try await EngineScene()
        let parent = try await scene.define([Self.race], named: "parent")
        _ = try await scene.define([Self.ask], named: "child")
        try await scene.serving { engine in
            scene.faults.arm(.deliveryLost)
            let id = try await scene.begin(parent, as: "parent", on: engine)
            #expect(scene.faults.count(of: .deliveryLost) == 1)
            let child = try await child(of: id, engine, scene)
            try await answer(engine, scene, in: id)
            // The cancellation is delivered, the start is not: both wait for the sweep.
            for _ in 0..<2_000 { await Task.yield() }
            #expect(try await scene.journal.undecided(of: child.key, in: scene.scope, limit: 10).count == 2)
            while try await !scene.journal.undecided(of: child.key, in: scene.scope, limit: 10).isEmpty {
                scene.clock.advance(milliseconds: 100)
                await Task.yield()
            }
            let started = try await scene.journal.find(child.session, in: scene.scope)
            #expect(started == nil, "nobody waits for it")
        }
    }

    @Test func `I10: the parent of a child whose start killed its process twice is told`() async throws {
        let scene = try await EngineScene()
        let parent = try await scene.define([Self.run("child")], named: "parent")
        _ = try await scene.define([Self.ask], named: "child")
        let started = Guarded<SessionIdentity?>(nil)
        try await scene.serving { engine in
            scene.faults.arm(.deliveryLost)
            let id = try await scene.begin(parent, as: "parent", on: engine)
            let open = try await child(of: id, engine, scene)
            started.withState { $0 = SessionIdentity(scope: scene.scope, key: open.key, id: open.session) }
        }
        let unborn = try #require(started.withState { $0 })
        #expect(try await scene.journal.undecided(of: unborn.key, in: scene.scope, limit: 10).count == 1)
        for _ in 0..<2 { try await scene.die(duringWorkOf: unborn) }
        try await scene.serving { engine in
            let id = try SessionID("parent")
            _ = try await scene.status(engine, of: id, becomes: .failed)
            #expect(try await scene.log(of: id).contains { $0.type.text == "child_finished" })
            #expect(try await scene.journal.find(unborn.id, in: scene.scope) == nil)
        }
    }

    @Test func `the parent of a child whose start failed until it was given up is told`() async throws {
        var scene = try await EngineScene()
        scene.decorate = { RefusingJournal(base: $0) }
        let shared = scene
        let parent = try await shared.define([Self.run("child")], named: "parent")
        let note: JSONValue = ["note": ["set": ["text": .string(RefusingJournal.poison)]]]
        _ = try await shared.define([note, Self.ask], named: "child")
        try await shared.serving { engine in
            let id = try await shared.begin(parent, as: "parent", on: engine)
            _ = try await shared.status(engine, of: id, becomes: .failed)
            #expect(try await shared.log(of: id).contains { $0.type.text == "child_finished" })
        }
    }

    @Test func `a parent whose commit was in doubt still waits for its child`() async throws {
        let scene = try await EngineScene()
        let isBlind = Guarded(false)
        var doubting = scene
        doubting.decorate = { BlindJournal(base: $0, isBlind: isBlind) }
        doubting.configure = { $0.sweepMilliseconds = 500 }
        let parent = try await scene.define([Self.ask, Self.run("child")], named: "parent")
        _ = try await scene.define([Self.ask], named: "child")
        try await doubting.serving { engine in
            let id = try await scene.begin(parent, as: "parent", on: engine)
            let request = try #require(
                try await engine.session(id, in: scene.scope).state.openRequests.first?.request.id)
            // The store cannot tell what became of the answer before the sweep has found the start.
            scene.faults.arm(.commitInDoubtDone)
            isBlind.withState { $0 = true }
            async let answered = try? scene.answer(engine, ["decision": "a"], to: request)
            while scene.faults.count(of: .commitInDoubtDone) == 0 { await Task.yield() }
            for _ in 0..<15 {
                scene.clock.advance(milliseconds: 100)
                for _ in 0..<50 { await Task.yield() }
            }
            isBlind.withState { $0 = false }
            scene.clock.advance(milliseconds: 100)
            #expect(await answered != nil)
            let child = try await child(of: id, engine, scene)
            _ = try await scene.status(engine, of: child.session, becomes: .waiting)
        }
    }

    @Test func `a child whose first event would be too large fails where it was started`() async throws {
        var scene = try await EngineScene()
        scene.configure = { $0.sessionLimits.eventBytes = 20_000 }
        let shared = scene
        let input: JSONValue = ["text": .string(String(repeating: "x", count: 3_000))]
        let parent = try await scene.define([Self.run("child", input: input)], named: "parent")
        _ = try await scene.define([Self.ask], named: "child")
        try await shared.serving { engine in
            let labels = (0..<36).map { ("label-\($0)", String(repeating: "x", count: 500)) }
            let start = SessionStart(
                id: nil, agent: parent, input: [:], labels: Dictionary(uniqueKeysWithValues: labels), onBehalfOf: nil)
            let result = try await engine.start(start, in: shared.scope, options: shared.options())
            guard case .session(let view, _, _) = result else { throw Surprise("the start was stored") }
            let failed = try await shared.status(engine, of: view.state.identity.id, becomes: .failed)
            #expect(failed.error?["instance"] == "/do/0/other")
            let detail = try #require(failed.error?["detail"]?.stringValue)
            #expect(detail.hasPrefix("the other workflow cannot start"))
        }
    }

    @Test func `a parent that has no room for what its children came to learns that they ended`() async throws {
        var scene = try await EngineScene()
        scene.configure = { $0.sessionLimits.stateBytes = 24_000 }
        let shared = scene
        let large = String(repeating: "x", count: 9_000)
        let branches = (1...3).map { Self.run("child", as: "child-\($0)") }
        let parent = try await scene.define([["all": ["fork": ["branches": .array(branches)]]]], named: "parent")
        _ = try await scene.define([Self.ask, ["give": ["set": ["text": .string(large)]]]], named: "child")
        try await shared.serving { engine in
            let id = try await shared.begin(parent, as: "parent", on: engine)
            let children = try await engine.session(id, in: shared.scope).state.workflow?.children ?? []
            _ = try await engine.command(.pause(reason: nil), to: id, in: shared.scope, options: shared.options())
            for child in children {
                _ = try await shared.status(engine, of: child.session, becomes: .waiting)
                try await answer(engine, shared, in: child.session)
            }
            while try await engine.session(id, in: shared.scope).state.workflow?.children.isEmpty == false {
                shared.clock.advance(milliseconds: 100)
                await Task.yield()
            }
            _ = try await engine.command(.resume(reason: nil), to: id, in: shared.scope, options: shared.options())
            let failed = try await shared.status(engine, of: id, becomes: .failed)
            let detail = try #require(failed.error?["detail"]?.stringValue)
            #expect(detail == "what the other workflow came to is too large for this session")
        }
    }

    @Test func `a parent in quarantine learns of a child that cannot start once it is resumed`() async throws {
        var scene = try await EngineScene()
        let fences = Guarded<[Fence]>([])
        scene.decorate = { FenceWatch(base: $0, fences: fences) }
        let shared = scene
        let parent = try await scene.define([Self.run("nobody")], named: "parent")
        try await shared.serving { engine in
            shared.faults.arm(.deliveryLost)
            let id = try await shared.begin(parent, as: "parent", on: engine)
            let identity = try #require(try await shared.journal.find(id, in: shared.scope))
            let child = try await child(of: id, engine, shared)
            let fence = try #require(fences.read { $0.last })
            try await shared.journal.setQuarantine("a test", of: identity.key, in: shared.scope, fence: fence)
            // Three sweeps or so.
            for _ in 0..<60 {
                shared.clock.advance(milliseconds: 100)
                for _ in 0..<20 { await Task.yield() }
            }
            let waiting = try await shared.journal.undecided(of: child.key, in: shared.scope, limit: 10)
            #expect(waiting.count == 1)
            _ = try await engine.command(.resume(reason: nil), to: id, in: shared.scope, options: shared.options())
            let failed = try await shared.status(engine, of: id, becomes: .failed)
            #expect(failed.error?["instance"] == "/do/0/other")
        }
    }

    @Test func `a parent's cancellation follows a child that went on as another session`() async throws {
        var scene = try await EngineScene()
        scene.configure = { $0.sessionLimits.eventsBeforeContinuing = 5 }
        let shared = scene
        let parent = try await scene.define([Self.race], named: "parent")
        _ = try await scene.define(
            [
                ["rest": ["wait": ["milliseconds": 1], "then": "ask"]], Self.ask,
                ["again": ["set": ["x": 1], "then": "rest"]],
            ], named: "child")
        try await shared.serving { engine in
            let id = try await shared.begin(parent, as: "parent", on: engine)
            let first = try await child(of: id, engine, shared).session
            _ = try await shared.status(engine, of: first, becomes: .waiting)
            while try await engine.session(first, in: shared.scope).state.openRequests.isEmpty {
                shared.clock.advance(milliseconds: 1)
                await Task.yield()
            }
            try await answer(engine, shared, in: first)
            let last = try await asking(after: first, engine, shared)
            #expect(last != first)
            try await answer(engine, shared, in: id)
            _ = try await shared.status(engine, of: last, becomes: .cancelled)
        }
    }
}

/// Remembers under which fences was written.
private struct FenceWatch: JournalDecorator {
    let base: any Journal
    let fences: Guarded<[Fence]>

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        fences.withState { $0.append(commit.fence) }
        return try await base.commit(commit)
    }
}

/// Cannot tell for a while which events it has.
private struct BlindJournal: JournalDecorator {
    let base: any Journal
    let isBlind: Guarded<Bool>

    func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent] {
        if isBlind.read({ $0 }) { throw .unavailable("a simulated fault") }
        return try await base.events(of: key, in: scope, after: sequence, limit: limit)
    }
}
