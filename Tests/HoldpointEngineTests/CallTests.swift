import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("Calls of workflows", .timeLimit(.minutes(1)))
struct CallTests {
    @Test func `a workflow goes on with the answer to its call`() async throws {
        let calls = ScriptedCalls { call, number in ScriptedCalls.answer(["n": .integer(Int64(number))], to: call) }
        let scene = try await EngineScene.calling(calls)
        let agent = try await scene.define([["pay": call("post", body: ["sum": 5])], ["look": call("get")]])
        try await scene.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            let done = try await scene.status(engine, of: id, becomes: .completed)
            #expect(done.output == ["n": 2])
            #expect(
                try await scene.calls(in: id) == [
                    "tool_proposed", "tool_dispatched", "tool_completed", "tool_proposed", "tool_completed",
                ])
            #expect(calls.sent.map(\.method) == [.post, .get])
            #expect(calls.sent.first?.body == Array(#"{"sum":5}"#.utf8))
        }
    }

    @Test func `I1: nothing leaves before the log says that it may have`() async throws {
        let scene = try await EngineScene()
        let logged = Guarded<[[String]]>([])
        let calls = ScriptedCalls { call, _ in
            let types = try? await scene.calls(in: SessionID("order"))
            logged.withState { $0.append(types ?? []) }
            return ScriptedCalls.answer([:], to: call)
        }
        var calling = scene
        calling.calls = calls
        let agent = try await scene.define([["pay": call("post")]])
        try await calling.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            _ = try await scene.status(engine, of: id, becomes: .completed)
            // The test's clock runs fast: an attempt whose time is over before it begins is recorded anew.
            #expect(logged.withState { $0.map(\.first) } == ["tool_proposed"])
            #expect(logged.withState { $0.map(\.last) } == ["tool_dispatched"])
        }
    }

    @Test(arguments: [Fault.commitUnavailable, .commitOverloaded, .commitInDoubtUndone, .commitInDoubtDone])
    func `I1: a call whose record fails is made once, and once it is recorded`(fault: Fault) async throws {
        let scene = try await EngineScene()
        let logged = Guarded<[[String]]>([])
        let calls = ScriptedCalls { call, _ in
            let types = try? await scene.calls(in: SessionID("order"))
            logged.withState { $0.append(types ?? []) }
            return ScriptedCalls.answer([:], to: call)
        }
        var calling = scene
        calling.calls = calls
        // The first commit of the start is let through: it proposes the call.
        calling.decorate = { BeforeCommit(of: $0, number: 2) { scene.faults.arm(fault) } }
        let agent = try await scene.define([["pay": call("post")]])
        try await calling.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            _ = try await scene.status(engine, of: id, becomes: .completed)
            #expect(scene.faults.count(of: fault) == 1)
            #expect(logged.withState { $0.map(\.last) } == ["tool_dispatched"])
        }
    }

    @Test func `an idempotent call whose outcome is unknown is repeated under the same key, a few times`() async throws
    {
        let calls = ScriptedCalls { _, _ in .unknown(.timedOut) }
        let scene = try await EngineScene.calling(calls)
        let agent = try await scene.define([["look": call("put", body: [:])]])
        try await scene.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            let failed = try await scene.status(engine, of: id, becomes: .failed)
            #expect(calls.sent.count == Int(CallLimits.attempts))
            #expect(Set(calls.sent.map(\.idempotencyKey)).count == 1)
            #expect(
                try await scene.calls(in: id) == [
                    "tool_proposed", "tool_postponed", "tool_postponed", "tool_failed",
                ])
            #expect(failed.error?["type"]?.stringValue == WorkflowError.Kind.communication.type)
        }
    }

    @Test(arguments: ["done", "repeat", "fail"])
    func `a human is asked about a call that may not be made twice`(verdict: String) async throws {
        let calls = ScriptedCalls { call, number in
            number == 1 ? .unknown(.cutOff) : ScriptedCalls.answer(["paid": true], to: call)
        }
        let scene = try await EngineScene.calling(calls)
        let agent = try await scene.define([["pay": call("post")]])
        try await scene.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            let question = try await scene.question(to: id, on: engine)
            #expect(question.type == .decision)
            #expect(calls.sent.count == 1)
            scene.clock.advance(milliseconds: 600_000)
            #expect(calls.sent.count == 1)
            _ = try await scene.answer(engine, ["decision": .string(verdict)], to: question.id)
            let ended = try await scene.status(engine, of: id, becomes: verdict == "fail" ? .failed : .completed)
            #expect(calls.sent.count == (verdict == "repeat" ? 2 : 1))
            #expect(Set(calls.sent.map(\.idempotencyKey)).count == 1)
            if verdict == "repeat" { #expect(ended.output == ["paid": true]) }
        }
    }

    @Test func `what this node could not send is sent later, and is no attempt`() async throws {
        let calls = ScriptedCalls { call, number in
            number <= 5 ? .notPerformed(.overloaded) : ScriptedCalls.answer(["n": 1], to: call)
        }
        let scene = try await EngineScene.calling(calls)
        let agent = try await scene.define([["pay": call("post")]])
        try await scene.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            _ = try await scene.status(engine, of: id, becomes: .completed)
            #expect(calls.sent.count == 6)
        }
    }

    @Test func `an answer too large for the session is for a human to judge`() async throws {
        let calls = ScriptedCalls { call, _ in
            ScriptedCalls.answer(.string(String(repeating: "a", count: 40_000)), to: call)
        }
        var scene = try await EngineScene.calling(calls)
        scene.configure = { $0.sessionLimits.stateBytes = 20_000 }
        let shared = scene
        let agent = try await shared.define([["pay": call("post")]])
        try await shared.serving { engine in
            let id = try await shared.begin(agent, as: "order", on: engine)
            _ = try await shared.status(engine, of: id, becomes: .waiting)
            #expect(calls.sent.count == 1)
            #expect(try await shared.calls(in: id).last == "tool_doubted")
        }
    }
}
