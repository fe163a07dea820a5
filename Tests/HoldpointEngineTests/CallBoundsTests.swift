import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("Bounds of workflows' calls", .timeLimit(.minutes(1)))
struct CallBoundsTests {
    private static let token = "t0ken-nobody-may-see"

    @Test func `I2: a node that lost the shard sends nothing`() async throws {
        let scene = try await EngineScene()
        let taken = Guarded(false)
        let engines = Guarded<Engine?>(nil)
        let calls = ScriptedCalls { _ in
            // Another life takes up the store; this one learns of it when it next writes.
            guard
                !taken.withState({ was in
                    defer { was = true }
                    return was
                })
            else { return }
            _ = try? await scene.journal.takeUp(node: NodeName("other"))
            guard let engine = engines.withState({ $0 }) else { return }
            _ = try? await engine.command(
                .pause(reason: nil), to: SessionID("order"), in: scene.scope, options: scene.options())
        } script: { call, _ in
            ScriptedCalls.answer([:], to: call)
        }
        var calling = scene
        calling.calls = calls
        let agent = try await scene.define([["look": call("get")]])
        let engine = try calling.engine()
        engines.withState { $0 = engine }
        try await calling.serving(engine) { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            await calls.waitForCalls(1)
            #expect(calls.sent.isEmpty)
            #expect(calls.refused == 1)
            #expect(try await scene.calls(in: id) == ["tool_proposed"])
        }
        engines.withState { $0 = nil }
    }

    @Test func `I2: a call that cannot be recorded by its owner does not leave`() async throws {
        let calls = ScriptedCalls { call, _ in ScriptedCalls.answer([:], to: call) }
        let taken = Guarded(false)
        let scene = try await EngineScene.calling(calls)
        var losing = scene
        // Another life takes up the store after the call was proposed, and before it is recorded that it leaves.
        losing.decorate = { journal in
            BeforeCommit(of: journal, number: 2) {
                _ = try? await scene.journal.takeUp(node: NodeName("other"))
                taken.withState { $0 = true }
            }
        }
        let agent = try await scene.define([["pay": call("post")]])
        try await losing.serving { engine in
            _ = try await scene.begin(agent, as: "order", on: engine)
            while !taken.read({ $0 }) { await Task.yield() }
        }
        #expect(calls.sent.isEmpty)
        #expect(try await scene.calls(in: SessionID("order")) == ["tool_proposed"])
    }

    @Test func `so many calls of one project are under way, and others are not held up`() async throws {
        let scene = try await EngineScene()
        let calls = ScriptedCalls { call, _ in
            if call.headers.contains(where: { $0.isNamed("X-Slow") }) {
                await scene.clock.sleep(until: scene.clock.now().adding(milliseconds: 20_000))
            }
            return ScriptedCalls.answer([:], to: call)
        }
        var calling = scene
        calling.calls = calls
        calling.configure = { $0.callsPerProject = 2 }
        let slow = try await scene.define([["look": call("get", headers: ["X-Slow": "1"])]], named: "slow")
        let quick = try await scene.define([["look": call("get")]], named: "quick", in: scene.otherScope)
        let shared = calling
        try await shared.serving { engine in
            for number in 1...5 { _ = try await scene.begin(slow, as: "slow-\(number)", on: engine) }
            await calls.waitForCalls(2)
            _ = try await scene.begin(quick, as: "quick", in: scene.otherScope, on: engine)
            await calls.waitForCalls(3)
            #expect(calls.sent.filter { $0.headers.isEmpty }.count == 1)
            #expect(calls.sent.count == 3)
            for number in 1...5 {
                _ = try await scene.status(engine, of: SessionID("slow-\(number)"), becomes: .completed)
            }
            #expect(calls.sent.count == 6)
        }
    }

    @Test func `a stop cuts what is under way, and says so in the log`() async throws {
        let scene = try await EngineScene()
        let calls = ScriptedCalls { _, _ in
            await scene.clock.sleep(until: .distantFuture)
            return .unknown(.cancelled)
        }
        var calling = scene
        calling.calls = calls
        let pay = try await scene.define([["pay": call("post")]], named: "pay")
        let look = try await scene.define([["look": call("get")]], named: "look")
        try await calling.serving { engine in
            _ = try await scene.begin(pay, as: "pay", on: engine)
            _ = try await scene.begin(look, as: "look", on: engine)
            await calls.waitForCalls(2)
        }
        #expect(try await scene.calls(in: SessionID("pay")) == ["tool_proposed", "tool_dispatched", "tool_doubted"])
        #expect(try await scene.calls(in: SessionID("look")) == ["tool_proposed", "tool_postponed"])
    }

    @Test func `an open call is made after a restart`() async throws {
        let calls = ScriptedCalls { call, number in
            number == 1 ? .notPerformed(.cancelled) : ScriptedCalls.answer(["n": 1], to: call)
        }
        let scene = try await EngineScene.calling(calls)
        let agent = try await scene.define([["pay": call("post")]])
        try await scene.serving { engine in
            _ = try await scene.begin(agent, as: "order", on: engine)
            await calls.waitForCalls(1)
        }
        try await scene.serving { engine in
            _ = try await scene.status(engine, of: SessionID("order"), becomes: .completed)
        }
        #expect(calls.sent.count == 2)
        #expect(Set(calls.sent.map(\.idempotencyKey)).count == 1)
    }

    @Test func `I9: a secret goes out with its call and shows nowhere else`() async throws {
        let calls = ScriptedCalls { call, _ in
            // A service that tells everything that it was sent.
            let headers = call.headers.map { ($0.name, JSONValue.string($0.value)) }
            return ScriptedCalls.answer(
                [
                    "headers": .object(JSONObject(headers)),
                    "body": .string(String(decoding: call.body ?? [], as: UTF8.self)),
                ],
                to: call)
        }
        let scene = try await EngineScene.calling(calls)
        let tasks: JSONValue = [
            [
                "pay": call(
                    "post", headers: ["X-Key": "${ $secrets.TOKEN }"], body: ["key": "${ $secrets.TOKEN }"],
                    bearer: "TOKEN")
            ]
        ]
        let agent = try await scene.define(tasks, secrets: ["TOKEN"])
        try await scene.serving { engine in
            _ = try await engine.putSecret(
                try SecretName("TOKEN"), try SecretValue(.string(Self.token)), in: scene.scope)
            let id = try await scene.begin(agent, as: "order", on: engine)
            let done = try await scene.status(engine, of: id, becomes: .completed)
            let sent = try #require(calls.sent.first)
            #expect(sent.headers.contains { $0.isNamed("X-Key") && $0.value == Self.token })
            #expect(sent.headers.contains { $0.isNamed("Authorization") && $0.value == "Bearer \(Self.token)" })
            #expect(sent.body == Array(#"{"key":"\#(Self.token)"}"#.utf8))
            let output = try #require(done.output)
            #expect(output["headers"]?["X-Key"] == "***")
            #expect(output["body"]?.stringValue == #"{"key":"***"}"#)
            for event in try await scene.log(of: id) {
                #expect(!String(decoding: event.data, as: UTF8.self).contains(Self.token))
            }
        }
    }

    @Test func `I9: a secret that is missing fails the call and names it`() async throws {
        let calls = ScriptedCalls { call, _ in ScriptedCalls.answer([:], to: call) }
        let scene = try await EngineScene.calling(calls)
        let agent = try await scene.define([["pay": call("post", bearer: "TOKEN")]], secrets: ["TOKEN"])
        try await scene.serving { engine in
            let id = try await scene.begin(agent, as: "order", on: engine)
            let failed = try await scene.status(engine, of: id, becomes: .failed)
            #expect(failed.error?["detail"] == "the secret 'TOKEN' is not there")
            #expect(calls.sent.isEmpty)
        }
    }

    @Test func `I9: another session's secret answer is not given out`() async throws {
        let calls = ScriptedCalls { call, _ in ScriptedCalls.answer([:], to: call) }
        let scene = try await EngineScene.calling(calls)
        try await scene.serving { engine in
            let other = try await scene.start(engine)
            let request = try await scene.open(engine, SecretTests.question, in: other.state.identity.id).request.id
            _ = try await scene.answer(engine, SecretTests.answer, to: request)
            let handle = SecretHandle(request: request, field: "API_KEY").json
            let agent = try await scene.define([["pay": call("post", body: handle)]])
            let id = try await scene.begin(agent, as: "thief", on: engine)
            _ = try await scene.status(engine, of: id, becomes: .failed)
            #expect(calls.sent.isEmpty)
        }
    }

    @Test func `I9: the input of a workflow names no secret`() async throws {
        let scene = try await EngineScene()
        let agent = try await scene.define([["pay": call("post", body: "${ .deep }")]], secrets: ["TOKEN"])
        try await scene.serving { engine in
            let refused = try await rejection {
                try await scene.begin(
                    agent, as: "thief", input: ["deep": [["secret": "use/TOKEN"]]], on: engine)
            }
            #expect(refused.code == .invalidInput)
            // An agent of another kind sends nothing by itself, and may have what it likes.
            _ = try await scene.start(engine, input: ["secret": "use/TOKEN"])
        }
    }
}
