import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Sessions go some time after they ended, if their project wants it, and only then.
@Suite("Retention", .timeLimit(.minutes(1)))
struct RetentionTests {
    private static let day: Int64 = 86_400_000

    private func policy(_ mode: RetentionPolicy.Mode, days: Int64 = 2) throws -> RetentionPolicy {
        try #require(RetentionPolicy(finishedAfterDays: days, mode: mode))
    }

    private func complete(_ id: SessionID, _ engine: Engine, _ scene: EngineScene) async throws {
        _ = try await engine.command(.complete(output: .null), to: id, in: scene.scope, options: scene.options())
    }

    /// Waits until the project knows no session by that id, moving the clock in steps of the service's interval.
    private func gone(_ id: SessionID, _ scene: EngineScene, stepping milliseconds: Int64 = 60_000) async throws {
        while try await scene.journal.find(id, in: scene.scope) != nil {
            try Task.checkCancellation()
            scene.clock.advance(milliseconds: milliseconds)
            await Task.yield()
        }
    }

    @Test(arguments: RetentionPolicy.Mode.allCases)
    func `a session that ended long ago goes, its id is spent, and the others stay`(
        mode: RetentionPolicy.Mode
    ) async throws {
        let scene = try await EngineScene()
        _ = try await scene.journal.setRetention(policy(mode), of: scene.scope)
        try await scene.serving { engine in
            let old = try await scene.start(engine, id: "old", key: "start old").state.identity.id
            let open = try await scene.start(engine, id: "open").state.identity.id
            try await complete(old, engine, scene)
            scene.clock.advance(milliseconds: Self.day)
            let late = try await scene.start(engine, id: "late").state.identity.id
            try await complete(late, engine, scene)
            let log = try await engine.events(of: old, in: scene.scope, after: 0, limit: 10).items
            scene.clock.advance(milliseconds: Self.day)
            try await gone(old, scene)
            while await engine.statistics().sessionsRetired == 0 { await Task.yield() }
            #expect(await engine.statistics().sessionsRetired == 1)
            for id in [open, late] { #expect(try await engine.session(id, in: scene.scope).state.identity.id == id) }
            #expect(try await rejection { try await engine.session(old, in: scene.scope) }.code == .sessionNotFound)
            #expect(
                try await rejection { try await complete(old, engine, scene) }.code == .sessionNotFound)
            for key in ["start old", nil] {
                let again = try await rejection { try await scene.start(engine, id: "old", key: key) }
                #expect(again.code == .sessionDeleted)
            }
            let archived = try await scene.journal.archive(of: old, in: scene.scope, page: 0)
            let kept = try archived.map { try ArchivedLog.decode($0.bytes).count }
            #expect(kept == (mode == .archive ? log.count : nil))
        }
    }

    @Test func `a start that was stored for the id of a deleted session gets that for its outcome`() async throws {
        let scene = try await EngineScene()
        _ = try await scene.journal.setRetention(policy(.delete), of: scene.scope)
        try await scene.serving { engine in
            let old = try await scene.start(engine, id: "old").state.identity.id
            try await complete(old, engine, scene)
            scene.clock.advance(milliseconds: 2 * Self.day)
            try await gone(old, scene)
            let start = SessionStart(id: old, agent: scene.agent, input: ["n": 1], labels: [:], onBehalfOf: nil)
            let stored = try await engine.start(start, in: scene.scope, options: scene.options(respondAsync: true))
            guard case .stored(let id, _, _) = stored else { throw Surprise("the start was not stored") }
            guard case .refused(let refusal) = try await scene.outcome(engine, of: id) else {
                throw Surprise("the start was applied")
            }
            #expect(refusal.code == .sessionDeleted)
        }
    }

    @Test func `without a policy, and after it was lifted, everything is kept`() async throws {
        let scene = try await EngineScene()
        let passes = Guarded(0)
        var counting = scene
        counting.decorate = { EndedReads(base: $0, count: passes) }
        _ = try await scene.journal.setRetention(policy(.delete), of: scene.otherScope)
        _ = try await scene.journal.setRetention(policy(.delete), of: scene.scope)
        _ = try await scene.journal.setRetention(nil, of: scene.scope)
        try await counting.serving { engine in
            let id = try await scene.start(engine).state.identity.id
            try await complete(id, engine, scene)
            scene.clock.advance(milliseconds: 100 * Self.day)
            // The other project's policy shows that the service has gone through all, twice.
            while passes.withState({ $0 }) < 2 {
                scene.clock.advance(milliseconds: 60_000)
                await Task.yield()
            }
            #expect(try await engine.session(id, in: scene.scope).status == .completed)
        }
    }

    @Test func `a child is kept for as long as its parent waits for it`() async throws {
        let scene = try await EngineScene()
        let retired = Guarded<[SessionKey]>([])
        var eager = scene
        eager.decorate = { EagerEndings(base: $0, asked: retired) }
        let ask: JSONValue = [
            "ask": ["call": "human", "with": ["type": "decision", "title": "How?", "options": [["id": "a"]]]]
        ]
        let run: JSONValue = [
            "other": ["run": ["workflow": ["namespace": "test", "name": "child", "version": "latest"]]]
        ]
        let parent = try await scene.define([run], named: "parent")
        _ = try await scene.define([ask], named: "child")
        _ = try await scene.journal.setRetention(policy(.delete, days: 1), of: scene.scope)
        try await eager.serving { engine in
            let id = try await scene.begin(parent, as: "parent", on: engine)
            let waiting = try await engine.session(id, in: scene.scope)
            let child = try #require(waiting.state.workflow?.children.first)
            let asking = try await scene.status(engine, of: child.session, becomes: .waiting)
            while retired.withState({ !$0.contains(waiting.state.identity.key) }) {
                scene.clock.advance(milliseconds: 60_000)
                await Task.yield()
            }
            #expect(retired.withState { !$0.contains(child.key) }, "the parent waits for it")
            let request = try #require(asking.state.openRequests.first?.request.id)
            _ = try await scene.answer(engine, ["decision": "a"], to: request)
            _ = try await scene.status(engine, of: id, becomes: .completed)
            scene.clock.advance(milliseconds: 2 * Self.day)
            try await gone(child.session, scene)
            try await gone(id, scene)
        }
    }

    @Test func `a subscriber who comes back from before what is kept is told so`() async throws {
        let scene = try await EngineScene()
        _ = try await scene.journal.setRetention(policy(.delete), of: scene.scope)
        try await scene.serving { engine in
            let old = try await scene.start(engine, id: "old").state.identity.id
            let begun = try await scene.journal.feedBounds(in: scene.scope).head
            try await complete(old, engine, scene)
            scene.clock.advance(milliseconds: 2 * Self.day)
            try await gone(old, scene)
            func watch(after position: FeedPosition) async throws -> WatchStart {
                try await engine.watch(
                    feedOf: scene.scope, after: position, types: nil, subscriber: SubscriberID(1),
                    sink: CollectingSink())
            }
            #expect(try await rejection { try await watch(after: begun) }.code == .positionGone)
            let head = try await scene.journal.feedBounds(in: scene.scope).head
            for position in [.start, head] { #expect(try await watch(after: position) == .streaming) }
        }
    }
}

/// Counts how often sessions that ended are asked for.
private struct EndedReads: JournalDecorator {
    let base: any Journal
    let count: Guarded<Int>

    func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(JournalError) -> [EndedSession] {
        count.withState { $0 += 1 }
        return try await base.endedSessions(in: scope, shards: shards, before: time, after: last, limit: limit)
    }
}

/// Takes every session for one that ended, and notes which are to be retired.
private struct EagerEndings: JournalDecorator {
    let base: any Journal
    let asked: Guarded<[SessionKey]>

    func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(JournalError) -> [EndedSession] {
        try await base.sessions(SessionQuery(limit: limit), in: scope).map {
            EndedSession(identity: $0, endedAt: Timestamp(milliseconds: 0))
        }
    }

    func retire(_ retirement: Retirement) async throws(JournalError) -> RetiredPage {
        asked.withState { $0 += retirement.sessions }
        return try await base.retire(retirement)
    }
}
