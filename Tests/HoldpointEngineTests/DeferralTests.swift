import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// What no agent may do and people release: blocked, released by N4, vetoed in one run and made in another.
@Suite("Deferred calls", .timeLimit(.minutes(2))) struct DeferralTests {
    private static func blocked(
        _ scene: EngineScene, _ engine: Engine
    ) async throws -> (agent: SessionID, deferred: SessionID) {
        try await scene.put(TestPolicy.level("L4"), on: engine)
        try await scene.people([("ann", .n4), ("bob", .n3)], on: engine)
        let agent = try await scene.define([
            [
                "t": [
                    "try": [["wipe": call("post")]],
                    "catch": ["as": "e", "do": [["s": ["set": ["told": "${ $e.type }"]]]]],
                ]
            ]
        ])
        let id = try await scene.begin(agent, as: "agent", on: engine)
        let done = try await scene.status(engine, of: id, becomes: .completed)
        #expect(done.output?["told"] == "urn:holdpoint:problem:tool_blocked")
        let deferred = try #require(try await scene.events("hitl_deferred", of: id).first?["session"]?.stringValue)
        return (id, try SessionID(deferred))
    }

    private static func scene() async throws -> (EngineScene, ScriptedCalls) {
        let calls = ScriptedCalls { call, _ in
            .answered(HTTPCall.Answer(status: 200, headers: [], body: Array("{}".utf8), url: call.url))
        }
        return (try await EngineScene.calling(calls), calls)
    }

    @Test func `L4: it is released by somebody of N4, and made once its delay is over`() async throws {
        let (scene, calls) = try await Self.scene()
        try await scene.serving { engine in
            let (_, deferred) = try await Self.blocked(scene, engine)
            let release = try await scene.nextQuestion(to: deferred, on: engine)
            let refusal = try await rejection {
                try await scene.answer(engine, ["action": "approve"], to: release.id, as: "bob")
            }
            #expect(refusal.code == .notAnApprover)
            let key = try await rejection { try await scene.answer(engine, ["action": "approve"], to: release.id) }
            #expect(key.code == .notAnApprover, "a key is nobody")
            _ = try await scene.answer(engine, ["action": "approve"], to: release.id, as: "ann")
            _ = try await scene.nextQuestion(to: deferred, after: [release.id], on: engine)
            scene.clock.advance(milliseconds: 86_300_000)
            #expect(calls.sent.isEmpty)
            _ = try await scene.status(engine, of: deferred, becomes: .completed)
            #expect(calls.sent.count == 1)
        }
    }

    @Test func `L4: it is never made if somebody vetoes it within its delay`() async throws {
        let (scene, calls) = try await Self.scene()
        try await scene.serving { engine in
            let (_, deferred) = try await Self.blocked(scene, engine)
            let release = try await scene.nextQuestion(to: deferred, on: engine)
            _ = try await scene.answer(engine, ["action": "approve"], to: release.id, as: "ann")
            let veto = try await scene.nextQuestion(to: deferred, after: [release.id], on: engine)
            scene.clock.advance(milliseconds: 3_600_000)
            _ = try await scene.answer(engine, ["decision": "veto"], to: veto.id, as: "bob")
            let ended = try await scene.status(engine, of: deferred, becomes: .failed)
            #expect(ended.error?["type"] == "urn:holdpoint:problem:request_rejected")
            #expect(try await scene.events("hitl_vetoed", of: deferred).count == 1)
            scene.clock.advance(milliseconds: 172_800_000)
            #expect(calls.sent.isEmpty)
        }
    }

    @Test func `I3: a release survives the end of its node`() async throws {
        let (scene, calls) = try await Self.scene()
        let names = Guarded<SessionID?>(nil)
        try await scene.serving { engine in
            let (_, deferred) = try await Self.blocked(scene, engine)
            let release = try await scene.nextQuestion(to: deferred, on: engine)
            _ = try await scene.answer(engine, ["action": "approve"], to: release.id, as: "ann")
            names.withState { $0 = deferred }
        }
        let deferred = try #require(names.read { $0 })
        scene.clock.advance(milliseconds: 86_400_000)
        try await scene.serving { engine in
            _ = try await scene.status(engine, of: deferred, becomes: .completed)
            #expect(calls.sent.count == 1)
        }
    }
}
