import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Calls and timers of workflows when others come between: operators, failures of the store, the horizon.
@Suite("Calls among other things", .timeLimit(.minutes(1)))
struct CallOrderTests {
    @Test(arguments: ["get", "put", "post"])
    func `I7: a call does not leave once its session was paused, and is made when it is resumed`(
        method: String
    ) async throws {
        let scene = try await EngineScene()
        let engines = Guarded<Engine?>(nil)
        let pauses = Guarded(0)
        let calls = ScriptedCalls { _ in
            // The operator's word is given while the call waits for a connection.
            let isFirst = pauses.withState { count -> Bool in
                count += 1
                return count == 1
            }
            guard isFirst, let engine = engines.read({ $0 }) else { return }
            _ = try? await engine.command(
                .pause(reason: nil), to: SessionID("order"), in: scene.scope, options: scene.options())
        } script: { call, _ in
            ScriptedCalls.answer(["n": 1], to: call)
        }
        var calling = scene
        calling.calls = calls
        let agent = try await scene.define([["pay": call(method, body: method == "get" ? nil : [:])]])
        let engine = try calling.engine()
        engines.withState { $0 = engine }
        try await calling.serving(engine) { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            await calls.waitForCalls(1)
            #expect(calls.sent.isEmpty)
            _ = try await scene.status(engine, of: id, becomes: .paused)
            scene.clock.advance(milliseconds: 60_000)
            #expect(calls.sent.isEmpty)
            _ = try await engine.command(.resume(reason: nil), to: id, in: scene.scope, options: scene.options())
            _ = try await scene.status(engine, of: id, becomes: .completed)
            #expect(calls.sent.count == 1)
        }
        engines.withState { $0 = nil }
    }

    @Test(arguments: ["get", "post"])
    func `I7: a call does not leave once its session was cancelled`(method: String) async throws {
        let scene = try await EngineScene()
        let engines = Guarded<Engine?>(nil)
        let calls = ScriptedCalls { _ in
            guard let engine = engines.read({ $0 }) else { return }
            _ = try? await engine.command(
                .cancel(reason: nil), to: SessionID("order"), in: scene.scope, options: scene.options())
        } script: { call, _ in
            ScriptedCalls.answer([:], to: call)
        }
        var calling = scene
        calling.calls = calls
        let agent = try await scene.define([["pay": call(method)]])
        let engine = try calling.engine()
        engines.withState { $0 = engine }
        try await calling.serving(engine) { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            await calls.waitForCalls(1)
            _ = try await scene.status(engine, of: id, becomes: .cancelled)
            #expect(calls.sent.isEmpty)
        }
        engines.withState { $0 = nil }
    }

    @Test func `what a stored answer lets a workflow do is done although the command after it fails`() async throws {
        let scene = try await EngineScene()
        let calls = ScriptedCalls { call, _ in ScriptedCalls.answer(["n": 1], to: call) }
        var calling = scene
        calling.calls = calls
        // After the start and the stored answer, the cancellation's own commit is the third.
        calling.decorate = { BeforeCommit(of: $0, number: 3) { scene.faults.arm(.commitUnavailable) } }
        calling.configure = { $0.sweepMilliseconds = 86_400_000 }
        let ask: JSONValue = ["call": "human", "with": ["type": "clarification", "title": "Which?"]]
        let agent = try await scene.define([["ask": ask], ["look": call("get")]])
        try await calling.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            let request = try #require(
                try await engine.session(id, in: scene.scope).state.openRequests.first?.request.id)
            scene.faults.arm(.deliveryLost)
            _ = try await scene.storeAnswer(engine, ["answer": "this one"], to: request)
            await #expect(throws: GatewayError.self) {
                try await engine.command(.cancel(reason: nil), to: id, in: scene.scope, options: scene.options())
            }
            _ = try await scene.status(engine, of: id, becomes: .completed)
            #expect(calls.sent.count == 1)
        }
    }

    @Test func `I7: a call whose dispatch took too long to record does not outlive it`() async throws {
        let calls = ScriptedCalls { call, _ in ScriptedCalls.answer(["ok": true], to: call) }
        var calling = try await EngineScene.calling(calls)
        let clock = calling.clock
        calling.decorate = { BeforeCommit(of: $0, number: 2) { clock.advance(milliseconds: 6_000) } }
        let shared = calling
        let agent = try await shared.define([["pay": call("post")]])
        try await shared.serving { engine in
            let id = try await shared.begin(agent, as: "order", on: engine)
            _ = try await shared.status(engine, of: id, becomes: .completed)
            #expect(calls.sent.count == 1)
            // On a busy machine the next attempt may be late as well.
            let types = try await shared.calls(in: id)
            #expect(types.prefix(3) == ["tool_proposed", "tool_dispatched", "tool_postponed"])
            #expect(types.suffix(2) == ["tool_dispatched", "tool_completed"])
        }
    }

    @Test func `a timer that came near while a call was under way fires in its time`() async throws {
        let scene = try await EngineScene()
        let start = scene.clock.now()
        let calls = ScriptedCalls { call, _ in
            await scene.clock.sleep(until: start.adding(milliseconds: 80_000))
            return ScriptedCalls.answer([:], to: call)
        }
        var calling = scene
        calling.calls = calls
        calling.configure = { $0.timerHorizonMilliseconds = 60_000 }
        let rest: JSONValue = ["rest": ["wait": ["seconds": 100]]]
        let agent = try await scene.define([["both": ["fork": ["branches": [["look": call("get")], rest]]]]])
        try await calling.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            let done = try await scene.status(engine, of: id, becomes: .completed)
            #expect(done.state.updatedAt >= start.adding(milliseconds: 100_000))
            #expect(done.state.updatedAt < start.adding(milliseconds: 110_000))
        }
    }

    @Test func `a call whose end the store refuses is not made again and again`() async throws {
        let scene = try await EngineScene()
        let calls = ScriptedCalls { call, _ in ScriptedCalls.answer([:], to: call) }
        var calling = scene
        calling.calls = calls
        calling.decorate = { AnswerRefusingJournal(base: $0) }
        let agent = try await scene.define([["look": call("get")]])
        try await calling.serving { engine in
            _ = try await scene.begin(agent, as: "order", on: engine)
            await calls.waitForCalls(1)
            // Time stands still: whatever would go in a circle has all the turns that it wants.
            for _ in 0..<5_000 { await Task.yield() }
            #expect(calls.sent.count == 1)
            scene.clock.advance(milliseconds: 2_000)
            await calls.waitForCalls(2)
        }
    }
}

/// A store that takes no answer to a call.
private struct AnswerRefusingJournal: JournalDecorator {
    let base: any Journal

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        if commit.events.contains(where: { $0.type.text == "tool_completed" }) { throw .refused("a simulated fault") }
        return try await base.commit(commit)
    }
}
