import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// A project's webhook is told what becomes of its requests, until it takes it.
@Suite("Webhooks", .timeLimit(.minutes(1)))
struct WebhookTests {
    @Test func `I1: what becomes of a request is told once it is committed, signed, in the order of the log`()
        async throws
    {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        try await scene.serving { engine in
            let secret = try #require(try await scene.hook(engine))
            let request = try await scene.ask(engine, "order-7")
            try await receiver.wait(for: 1)
            _ = try await scene.answer(engine, ["answer": "this"], to: request.request.id)
            try await receiver.wait(for: 2)
            let records = try await scene.deliveries(.delivered, count: 2)
            #expect(records.map(\.type.text) == ["hitl_responded", "hitl_requested"])
            #expect(records.allSatisfy { $0.state.attempts == 1 && $0.state.lastStatus == 200 })
            let events = try await engine.events(
                of: request.session, in: scene.scope, after: 0, limit: 9
            ).items
            for (call, event) in zip(receiver.seen(), events[1...]) {
                #expect(call.method == .post && !call.followsRedirects)
                #expect(call.json["data"] == (try JSONParser.parse(event.json)))
                #expect(call.json["subject"] == "order-7")
                #expect(call.header("content-type") == "application/cloudevents+json")
                let id = try #require(call.header("webhook-id"))
                #expect(call.json["id"] == .string(id))
                let seconds = try #require(call.header("webhook-timestamp").flatMap { Int64($0) })
                let expected = WebhookSignature.header(
                    id: id, seconds: seconds, body: try #require(call.body), under: [secret], hasher: SimulatedHasher())
                #expect(call.header("webhook-signature") == expected)
            }
            #expect(await engine.statistics().deliveriesMade == 2)
        }
    }

    @Test func `I9: neither a secret answer nor the webhook's own secret is told`() async throws {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        try await scene.serving { engine in
            let secret = try #require(try await scene.hook(engine))
            let session = try await scene.start(engine, id: "s").state.identity.id
            let request = try await scene.open(
                engine, ["type": "env_var", "title": "Key?", "tool": "mail", "fields": [["name": "API_KEY"]]],
                in: session)
            _ = try await scene.answer(
                engine, ["values": ["API_KEY": "hunter2-very-secret"], "save": false], to: request.request.id)
            try await receiver.wait(for: 2)
            let stored = try #require(try await scene.journal.webhook(in: scene.scope))
            let told =
                receiver.seen().map { String(decoding: $0.body ?? [], as: UTF8.self) }.joined()
                + String(decoding: stored.box, as: UTF8.self) + "\(stored)"
            #expect(!told.contains("hunter2") && !told.contains(secret.text))
            #expect(told.contains("API_KEY"))
        }
    }

    @Test func `a receiver that fails is asked again by the schedule, under the same id, until it takes it`()
        async throws
    {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        receiver.answer(503)
        try await scene.serving { engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "s")
            try await receiver.wait(for: 1)
            var waited: [Int64] = []
            for attempt in 1...3 {
                let last = scene.clock.now()
                while true {
                    let record = try await scene.deliveries(.pending, count: 1)[0]
                    if record.state.attempts == Int64(attempt) { break }
                    await Task.yield()
                }
                if attempt == 3 { receiver.answer(204) }
                while receiver.seen().count <= attempt {
                    try Task.checkCancellation()
                    scene.clock.advance(milliseconds: 1_000)
                    await Task.yield()
                }
                waited.append(scene.clock.now().milliseconds - last.milliseconds)
            }
            let record = try await scene.deliveries(.delivered, count: 1)[0]
            #expect(record.state.attempts == 4 && record.state.lastStatus == 204 && record.state.lastError == nil)
            #expect(Set(receiver.seen().map { $0.header("webhook-id") }).count == 1)
            #expect(Set(receiver.seen().map { $0.header("webhook-timestamp") }).count == 4)
            for (rest, delay) in zip(waited, DeliverySchedule.delays) { #expect(rest >= delay) }
            #expect(await engine.statistics().deliveryFailures == 3)
        }
    }

    @Test func `a receiver that wants nothing any more is not asked again, and nothing new is kept for it`()
        async throws
    {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        receiver.answer(410)
        try await scene.serving { engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "one")
            while try await engine.webhook(in: scene.scope).record.isEnabled { await Task.yield() }
            let view = try await engine.webhook(in: scene.scope)
            #expect(view.record.disabledReason == "the receiver answered 410")
            try await scene.ask(engine, "two")
            let failed = try await scene.journal.deliveries(DeliveryQuery(limit: 9), in: scene.scope)
            #expect(failed.map(\.state.status) == [.failed])
            #expect(failed.first?.state.lastStatus == 410)
            // Put again it is told again; what it refused only if somebody asks for it.
            receiver.answer(200)
            try await scene.hook(engine)
            try await scene.ask(engine, "three")
            try await receiver.wait(for: 2)
            _ = try await engine.redeliver(try #require(failed.first).id, in: scene.scope)
            let delivered = try await scene.deliveries(.delivered, count: 2, stepping: 500)
            #expect(delivered.map(\.session.id.text) == ["three", "one"])
        }
    }

    @Test func `a receiver that hangs holds up no other project, and its own no more than it must`() async throws {
        let receiver = Receiver()
        var scene = try await EngineScene.telling(receiver)
        scene.configure = {
            $0.deliveriesAtOnce = 4
            $0.deliveriesPerProject = 2
        }
        receiver.hold("/slow")
        let other = scene.otherScope
        try await scene.serving { [scene] engine in
            try await scene.hook(engine, "https://receiver.example/slow")
            try await scene.hook(engine, in: other)
            for number in 0..<6 { try await scene.ask(engine, "slow-\(number)") }
            try await receiver.wait(for: 2, at: "/slow")
            for number in 0..<6 {
                let start = SessionStart(
                    id: try SessionID("fast-\(number)"), agent: scene.agent, input: 1, labels: [:], onBehalfOf: nil)
                _ = try await engine.start(start, in: other, options: scene.options())
                _ = try await engine.command(
                    .openRequest(try RequestDraft(["type": "clarification", "title": "?"])),
                    to: try SessionID("fast-\(number)"), in: other, options: scene.options())
            }
            try await receiver.wait(for: 6)
            #expect(receiver.seen("/slow").count == 2)
            receiver.letGo("/slow")
            try await receiver.wait(for: 6, at: "/slow")
        }
    }

    @Test func `a receiver that has failed gets one attempt at a time, until it takes one`() async throws {
        let receiver = Receiver()
        var scene = try await EngineScene.telling(receiver)
        scene.configure = { $0.deliveriesPerProject = 3 }
        receiver.answer(500)
        try await scene.serving { [scene] engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "first")
            while await engine.statistics().deliveryFailures == 0 { await Task.yield() }
            receiver.answer(200)
            receiver.hold("/hook")
            for number in 0..<5 { try await scene.ask(engine, "s-\(number)") }
            try await receiver.wait(for: 2)
            for _ in 0..<200 { await Task.yield() }
            #expect(receiver.seen().count == 2)
            receiver.letGo("/hook")
            try await scene.deliveries(.delivered, count: 5)
            receiver.hold("/hook")
            for number in 5..<10 { try await scene.ask(engine, "s-\(number)") }
            try await receiver.wait(for: 9)
            receiver.letGo("/hook")
            try await scene.deliveries(.delivered, count: 10)
        }
    }

    @Test func `what waits while a webhook is not enabled rests, and goes on once it is again`() async throws {
        let receiver = Receiver()
        var scene = try await EngineScene.telling(receiver)
        scene.configure = { $0.deliveriesPerProject = 1 }
        receiver.hold("/hook")
        try await scene.serving { [scene] engine in
            try await scene.hook(engine)
            for number in 0..<4 { try await scene.ask(engine, "s-\(number)") }
            try await receiver.wait(for: 1)
            try await scene.hook(engine, isEnabled: false)
            receiver.letGo("/hook")
            try await scene.deliveries(.delivered, count: 1)
            for _ in 0..<20 {
                scene.clock.advance(milliseconds: 500)
                for _ in 0..<20 { await Task.yield() }
            }
            #expect(receiver.seen().count == 1)
            let waiting = try await scene.deliveries(.pending, count: 3)
            #expect(waiting.allSatisfy { $0.state.attempts == 0 })
            try await scene.hook(engine)
            try await scene.deliveries(.delivered, count: 4, stepping: 500)
        }
    }

    @Test func `more than memory holds is delivered all the same, each once`() async throws {
        let receiver = Receiver()
        var scene = try await EngineScene.telling(receiver)
        scene.configure = {
            $0.deliveriesWaiting = 3
            $0.deliveriesPerProject = 2
        }
        receiver.hold("/hook")
        try await scene.serving { [scene] engine in
            try await scene.hook(engine)
            for number in 0..<40 { try await scene.ask(engine, "s-\(number)") }
            receiver.letGo("/hook")
            try await scene.deliveries(.delivered, count: 40)
            let ids = receiver.seen().compactMap { $0.header("webhook-id") }
            #expect(ids.count == 40 && Set(ids).count == 40)
        }
    }

    @Test func `what a node has not told when it ends is told by the next life`() async throws {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        receiver.answer(500)
        try await scene.serving { engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "s")
            try await receiver.wait(for: 1)
            while try await scene.deliveries(.pending, count: 1)[0].state.attempts == 0 { await Task.yield() }
        }
        receiver.answer(200)
        try await scene.serving { _ in
            let record = try await scene.deliveries(.delivered, count: 1, stepping: 500)[0]
            #expect(record.state.attempts == 2)
        }
    }

    @Test func `an attempt that could not leave does not count`() async throws {
        let outcomes = Guarded<[HTTPCall.Outcome]>([.notPerformed(.overloaded), .notPerformed(.cancelled)])
        var scene = try await EngineScene()
        scene.calls = ScriptedCalls { call, _ in
            outcomes.withState { $0.popLast() } ?? ScriptedCalls.answer([:], to: call)
        }
        try await scene.serving { [scene] engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "s")
            let record = try await scene.deliveries(.delivered, count: 1, stepping: 500)[0]
            #expect(record.state.attempts == 1)
        }
    }

    @Test func `a delivery whose session was retired fails, since there is nothing left to tell`() async throws {
        let receiver = Receiver()
        var scene = try await EngineScene.telling(receiver)
        let isGone = Guarded(false)
        scene.decorate = { LogLosingJournal(base: $0, isLost: isGone) }
        receiver.answer(500)
        try await scene.serving { [scene] engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "s")
            try await receiver.wait(for: 1)
            isGone.withState { $0 = true }
            let record = try await scene.deliveries(.failed, count: 1, stepping: 500)[0]
            #expect(record.state.lastError == "the event is not there any more: its session was retired")
            #expect(receiver.seen().count == 1)
        }
    }

    @Test func `I2: a node that has lost its shard sends nothing, and says nothing of what it sent`() async throws {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        receiver.hold("/hook")
        try await scene.serving { engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "s")
            try await receiver.wait(for: 1)
            // Another life takes the store up while the attempt is under way.
            _ = try await scene.journal.takeUp(node: try NodeName("other"))
            receiver.letGo("/hook")
            while await engine.statistics().deliveriesMade == 0 { await Task.yield() }
            let records = try await scene.journal.deliveries(DeliveryQuery(limit: 9), in: scene.scope)
            #expect(records.map(\.state.status) == [.pending] && records.first?.state.attempts == 0)
        }
    }
}

/// Has no events any more, once they are lost.
private struct LogLosingJournal: JournalDecorator {
    let base: any Journal
    let isLost: Guarded<Bool>

    func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent] {
        if isLost.withState({ $0 }) { return [] }
        return try await base.events(of: key, in: scope, after: sequence, limit: limit)
    }
}
