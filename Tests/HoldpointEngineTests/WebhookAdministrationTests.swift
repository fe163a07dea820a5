import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// How a project's webhook is made, changed and looked at.
@Suite("Webhook administration", .timeLimit(.minutes(1)))
struct WebhookAdministrationTests {
    private func definition(
        _ url: String = "https://a.example/", types: [String]? = nil, isEnabled: Bool = true
    ) -> WebhookDefinition {
        WebhookDefinition(url: url, types: types, isEnabled: isEnabled)
    }

    @Test func `a webhook is made once, with a secret that no other answer has`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let made = try await engine.putWebhook(definition(), in: scene.scope)
        #expect(made.isNew && made.secret?.bytes.count == WebhookLimits.secretBytes)
        let again = try await engine.putWebhook(definition(), in: scene.scope)
        #expect(!again.isNew && again.secret == nil && again.view == made.view)
        let changed = try await engine.putWebhook(
            definition("http://b.example", types: ["hitl_requested", "hitl_requested"], isEnabled: false),
            in: scene.scope)
        #expect(!changed.isNew && changed.secret == nil)
        #expect(changed.view.record.url == "http://b.example/" && !changed.view.record.isEnabled)
        #expect(changed.view.record.types == [EventType("hitl_requested")])
        #expect(changed.view.record.id == made.view.record.id && changed.view.record.box == made.view.record.box)
        #expect(try await engine.webhook(in: scene.scope) == changed.view)
    }

    @Test func `I5: a webhook and its deliveries are the project's own`() async throws {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        try await scene.serving { engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "s")
            let delivery = try await scene.deliveries(.delivered, count: 1)[0]
            let other = scene.otherScope
            for code in [
                try await rejection { try await engine.webhook(in: other) }.code,
                try await rejection { try await engine.rotateWebhook(grace: .zero, in: other) }.code,
                try await rejection {
                    try await engine.deliveries(status: nil, cursor: nil, limit: 9, in: other)
                }.code,
                try await rejection { try await engine.redeliver(delivery.id, in: other) }.code,
            ] { #expect(code == .webhookNotFound) }
            #expect(try await !engine.deleteWebhook(in: other))
            try await scene.hook(engine, in: other)
            #expect(
                try await rejection { try await engine.redeliver(delivery.id, in: other) }.code == .deliveryNotFound)
            #expect(try await engine.deliveries(status: nil, cursor: nil, limit: 9, in: other).items.isEmpty)
        }
    }

    @Test(arguments: [
        ("", nil, ["/url"]), ("x", nil, ["/url"]), ("ftp://a/", nil, ["/url"]), ("https://u@a/", nil, ["/url"]),
        ("https://a/../b", nil, ["/url"]), ("https://" + String(repeating: "a", count: 9_000), nil, ["/url"]),
        ("https://a/", ["session_started"], ["/types/0"]),
        ("https://a/", ["hitl_requested", "hitl_x", ""], ["/types/1", "/types/2"]), ("x", ["x"], ["/url", "/types/0"]),
    ])
    func `a place that cannot be called and types that are never told are refused`(
        url: String, types: [String]?, pointers: [String]
    ) async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let refused = try await rejection {
            try await engine.putWebhook(definition(url, types: types), in: scene.scope)
        }
        #expect(refused.code == .invalidInput)
        #expect(refused.violations.map(\.pointer.description) == pointers)
        #expect(try await rejection { try await engine.webhook(in: scene.scope) }.code == .webhookNotFound)
    }

    @Test func `after a rotation both secrets sign, until the grace is over`() async throws {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        try await scene.serving { engine in
            let first = try #require(try await scene.hook(engine))
            let second = try #require(try await engine.rotateWebhook(grace: .seconds(60), in: scene.scope).secret)
            #expect(first != second)
            let view = try await engine.webhook(in: scene.scope)
            #expect(view.previousUntil == scene.clock.now().adding(milliseconds: 60_000))
            try await scene.ask(engine, "one")
            try await receiver.wait(for: 1)
            scene.clock.advance(milliseconds: 60_000)
            #expect(try await engine.webhook(in: scene.scope).previousUntil == nil)
            try await scene.ask(engine, "two")
            try await receiver.wait(for: 2)
            for (call, secrets) in zip(receiver.seen(), [[second, first], [second]]) {
                let seconds = try #require(call.header("webhook-timestamp").flatMap { Int64($0) })
                let expected = WebhookSignature.header(
                    id: try #require(call.header("webhook-id")), seconds: seconds, body: try #require(call.body),
                    under: secrets, hasher: SimulatedHasher())
                #expect(call.header("webhook-signature") == expected)
            }
        }
    }

    @Test func `types that are named, and a webhook that is not enabled, decide what is kept`() async throws {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        try await scene.serving { engine in
            try await scene.hook(engine, types: ["hitl_responded"])
            let request = try await scene.ask(engine, "one")
            _ = try await scene.answer(engine, ["answer": "x"], to: request.request.id)
            try await receiver.wait(for: 1)
            #expect(receiver.seen().first?.json["type"] == "hitl_responded")
            try await scene.hook(engine, isEnabled: false)
            try await scene.ask(engine, "two")
            try await scene.hook(engine)
            try await scene.ask(engine, "three")
            try await receiver.wait(for: 2)
            let subjects = try await scene.deliveries(.delivered, count: 2).map(\.session.id.text)
            #expect(subjects == ["three", "one"])
        }
    }

    @Test func `deleting a webhook drops what it was still to be told, and its rows go later`() async throws {
        let receiver = Receiver()
        var scene = try await EngineScene.telling(receiver)
        scene.configure = { $0.outboxClearMilliseconds = 1_000 }
        receiver.answer(500)
        try await scene.serving { [scene] engine in
            try await scene.hook(engine)
            try await scene.ask(engine, "s")
            try await receiver.wait(for: 1)
            #expect(try await engine.deleteWebhook(in: scene.scope))
            #expect(try await !engine.deleteWebhook(in: scene.scope))
            receiver.answer(200)
            try await scene.hook(engine)
            #expect(try await engine.deliveries(status: nil, cursor: nil, limit: 9, in: scene.scope).items.isEmpty)
            #expect(scene.journal.contents.deliveryCount == 1)
            while scene.journal.contents.deliveryCount > 0 {
                try Task.checkCancellation()
                scene.clock.advance(milliseconds: 500)
                await Task.yield()
            }
            #expect(receiver.seen().count == 1)
        }
    }

    @Test func `a webhook that another node puts is told of what is committed once the cache's time is over`()
        async throws
    {
        let receiver = Receiver()
        var scene = try await EngineScene.telling(receiver)
        scene.configure = { $0.cacheMilliseconds = 400 }
        try await scene.serving { [scene] engine in
            try await scene.ask(engine, "before")
            // Another node's engine on the same store, which does not tell this one.
            let other = try scene.engine()
            try await scene.hook(other)
            try await scene.ask(engine, "within")
            scene.clock.advance(milliseconds: 400)
            try await scene.ask(engine, "after")
            try await receiver.wait(for: 1)
            let subjects = try await scene.deliveries(.delivered, count: 1).map(\.session.id.text)
            #expect(subjects == ["after"])
        }
    }

    @Test func `deliveries are listed in pages, and asked for again`() async throws {
        let receiver = Receiver()
        let scene = try await EngineScene.telling(receiver)
        try await scene.serving { engine in
            try await scene.hook(engine)
            for number in 1...5 { try await scene.ask(engine, "s-\(number)") }
            try await scene.deliveries(.delivered, count: 5)
            var cursor: String?
            var seen: [String] = []
            repeat {
                let page = try await engine.deliveries(
                    status: .delivered, cursor: cursor, limit: 2, in: scene.scope)
                seen += page.items.map(\.session.id.text)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(seen == (1...5).reversed().map { "s-\($0)" })
            for cursor in ["x", "0", "-1", "01"] {
                let refused = try await rejection {
                    try await engine.deliveries(status: nil, cursor: cursor, limit: 2, in: scene.scope)
                }
                #expect(refused.code == .cursorInvalid)
            }
            let id = try await scene.deliveries(.delivered, count: 5)[0].id
            let again = try await engine.redeliver(id, in: scene.scope)
            #expect(again.state.status == .pending && again.state.attempts == 1)
            // If what is known of the first attempt was not put away yet, the sweep finds it.
            while receiver.seen().count < 6 {
                try Task.checkCancellation()
                scene.clock.advance(milliseconds: 500)
                await Task.yield()
            }
            let record = try await scene.deliveries(.delivered, count: 5).first { $0.id == id }
            #expect(record?.state.attempts == 2)
            let unknown = DeliveryID(session: id.session, sequence: 99)
            #expect(
                try await rejection { try await engine.redeliver(unknown, in: scene.scope) }.code == .deliveryNotFound)
        }
    }
}
