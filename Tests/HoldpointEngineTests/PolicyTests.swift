import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Policies at work: what is put is obeyed, by every node, and limits hold however many call at once.
@Suite("Policies", .timeLimit(.minutes(2))) struct PolicyTests {
    private static func scene() async throws -> (EngineScene, ScriptedCalls) {
        let calls = ScriptedCalls { call, _ in
            .answered(HTTPCall.Answer(status: 200, headers: [], body: Array("{}".utf8), url: call.url))
        }
        return (try await EngineScene.calling(calls), calls)
    }

    @Test func `a policy that does not parse replaces none, and says where it is wrong`() async throws {
        let (scene, _) = try await Self.scene()
        try await scene.serving { engine in
            try await scene.put(TestPolicy.level("L4"), on: engine)
            let refusal = try await rejection {
                try await scene.put(["rules": [["name": "x", "level": "L9"]]], on: engine)
            }
            #expect(refusal.code == .invalidPolicy)
            #expect(refusal.violations.map(\.pointer.description) == ["/policy/rules/0/level"])
            #expect(try await engine.policy(version: nil, in: scene.scope).version == 1)
            let again = try await scene.put(TestPolicy.level("L4"), on: engine)
            #expect(again.version == 1, "the same again is no new version")
        }
    }

    @Test func `I5: a project's policy judges its own calls and nobody else's`() async throws {
        let (scene, calls) = try await Self.scene()
        try await scene.serving { engine in
            try await scene.put(TestPolicy.level("L4"), on: engine)
            let agent = try await scene.define([["pay": call("post")]], in: scene.otherScope)
            _ = try await scene.begin(agent, as: "foreign", in: scene.otherScope, on: engine)
            await calls.waitForCalls(1)
            let refusal = try await rejection { try await engine.policy(version: nil, in: scene.otherScope) }
            #expect(refusal.code == .policyNotFound)
        }
    }

    @Test(arguments: [false, true])
    func `a policy holds on every node from the moment it is put`(isPlanted: Bool) async throws {
        let nodes = try await NodeScene()
        let (first, _) = try nodes.node("first")
        let (second, _) = try nodes.node("second") { base in
            isPlanted ? PolicyBlindJournal(base: base) as any Journal : base
        }
        let permission: JSONValue = ["type": "permission", "title": "Send it?", "tool": "send", "arguments": [:]]
        try await nodes.running(first) {
            try await nodes.running(second) {
                try await nodes.until {
                    let counts = (await first.ownedShards, await second.ownedShards)
                    return counts == (128, 128)
                }
                let isAsked = try await nodes.passing { () async throws -> Bool in
                    try await nodes.scene.put(TestPolicy.level("L0"), on: first)
                    // The second node learns of the first version, and of the next one nobody tells it.
                    let session = try await nodes.scene.start(second).state.identity.id
                    let allowed = try await nodes.scene.open(second, permission, in: session)
                    #expect(allowed.closing?.closedBy == .policy)
                    try await nodes.scene.put(TestPolicy.level("L3"), on: first)
                    return try await nodes.scene.open(second, permission, in: session).closing == nil
                }
                #expect(isAsked == !isPlanted)
            }
        }
    }

    @Test(arguments: [false, true])
    func `no more calls run under a limit than it allows, however many come at once`(isPlanted: Bool) async throws {
        let (scene, calls) = try await Self.scene()
        let memory = scene.journal
        var planted = scene
        planted.decorate = { base in
            let checked: any Journal = isPlanted ? UncheckedCountersJournal(base, over: memory) : base
            return GatheredReadings(of: checked, 24)
        }
        let fixed = planted
        try await fixed.serving { engine in
            try await fixed.put(
                TestPolicy.level(
                    "L0",
                    ["rules": [["name": "five", "when": ["count": ["window": "PT1H", "gt": 5]], "level": "L3"]]]),
                on: engine)
            let agent = try await fixed.define([["pay": call("post")]])
            let ids = try await withThrowingTaskGroup(of: SessionID.self) { group in
                for number in 0..<24 {
                    group.addTask { try await fixed.begin(agent, as: "s-\(number)", on: engine) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var proposed = 0
            for id in ids { proposed += try await fixed.events("tool_proposed", of: id).count }
            #expect(proposed == (isPlanted ? 24 : 5))
            await calls.waitForCalls(proposed)
        }
    }

    @Test func `the invoice case: two rules, an edit that is asked again, a quorum, and an escalation`() async throws {
        let (scene, calls) = try await Self.scene()
        let pay: JSONValue = [
            "call": "http",
            "with": [
                "method": "post", "endpoint": "https://service.example/invoices",
                "body": ["amount": "${ .amount }", "client": "${ .client }"],
            ],
        ]
        try await scene.serving { engine in
            try await scene.put(TestPolicy.invoices, on: engine)
            let agent = try await scene.define([["pay": pay]])
            for (name, group) in [("ann", "billing"), ("bob", "billing"), ("zoe", "board"), ("eve", "sales")] {
                _ = try await engine.putUser(
                    User(id: try UserID(name), groups: [try GroupName(group)]), in: scene.scope)
            }
            // The client's first invoice is asked about, and edited to one that takes two people.
            let id = try await scene.begin(
                agent, as: "invoice-1", input: ["amount": 800, "client": "acme"], on: engine)
            let first = try await scene.nextQuestion(to: id, on: engine)
            var edited = try #require((first.question as? PermissionQuestion)?.arguments.objectValue)
            edited["body"] = ["amount": 12_000, "client": "acme"]
            _ = try await scene.answer(
                engine, ["action": "edit", "arguments": .object(edited)], to: first.id, as: "eve")
            let second = try await scene.nextQuestion(to: id, after: [first.id], on: engine)
            #expect(calls.sent.isEmpty, "I7: the edit slips under no rule")
            let refusal = try await rejection {
                try await scene.answer(engine, ["action": "approve"], to: second.id, as: "eve")
            }
            #expect(refusal.code == .notAnApprover)
            let voted = try await scene.answer(engine, ["action": "approve"], to: second.id, as: "ann")
            #expect(voted.closing == nil)
            _ = try await scene.answer(engine, ["action": "approve"], to: second.id, as: "ann")
            #expect(calls.sent.isEmpty, "I7: one person is not two")

            // After a minute the board may answer as well.
            let early = try await rejection {
                try await scene.answer(engine, ["action": "approve"], to: second.id, as: "zoe")
            }
            #expect(early.code == .notAnApprover)
            scene.clock.advance(milliseconds: 60_000)
            while try await scene.events("hitl_escalated", of: id).isEmpty { await Task.yield() }
            _ = try await scene.answer(engine, ["action": "approve"], to: second.id, as: "zoe")
            _ = try await scene.status(engine, of: id, becomes: .completed)
            #expect(calls.sent.count == 1)
            let body = calls.sent.first.flatMap { try? JSONParser.parse($0.body ?? []) }
            #expect(body == ["amount": 12_000, "client": "acme"])
            let answer = try #require(try await scene.events("hitl_responded", of: id).last)
            #expect(answer["approvals"]?.arrayValue?.compactMap { $0["user"]?.stringValue } == ["ann", "zoe"])

            // The client is known by now, and a small invoice goes out.
            let next = try await scene.begin(
                agent, as: "invoice-2", input: ["amount": 700, "client": "acme"], on: engine)
            _ = try await scene.status(engine, of: next, becomes: .completed)
            #expect(calls.sent.count == 2)
        }
    }
}
