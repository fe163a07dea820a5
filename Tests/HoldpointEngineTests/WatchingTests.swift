import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("Subscribers") struct WatchingTests {
    @Test(.timeLimit(.minutes(1)), arguments: [Int64(0), 1, 2, 3])
    func `a session stream resumed anywhere has no gap and no double`(after: Int64) async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            let early = CollectingSink()
            _ = try await engine.watch(
                session: id, in: scene.scope, after: 0, subscriber: SubscriberID(1), sink: early)
            let request = try await scene.open(engine, SessionLifeTests.permission, in: id).request.id
            _ = try await scene.answer(engine, ["action": "approve"], to: request)
            let late = CollectingSink()
            let began = try await engine.watch(
                session: id, in: scene.scope, after: after, subscriber: SubscriberID(2), sink: late)
            #expect(began == .streaming)
            _ = try await engine.command(
                .complete(output: .null), to: id, in: scene.scope, options: scene.options())
            #expect(await early.wholeStream(SubscriberID(1)) == ["1", "2", "3", "4"])
            #expect(await late.wholeStream(SubscriberID(2)) == (after + 1...4).map { String($0) })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `what was just committed is not read again for who begins to watch`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let id = try await scene.start(engine).state.identity.id
            let first = CollectingSink()
            _ = try await engine.watch(
                session: id, in: scene.scope, after: 0, subscriber: SubscriberID(1), sink: first)
            _ = try await scene.open(engine, SessionLifeTests.permission, in: id)
            while first.ids(SubscriberID(1)).count < 2 { await Task.yield() }
            // Whatever the journal is asked now fails.
            scene.faults.arm(.callUnavailable, times: 1_000)
            let second = CollectingSink()
            _ = try await engine.watch(
                session: id, in: scene.scope, after: 0, subscriber: SubscriberID(2), sink: second)
            #expect(second.ids(SubscriberID(2)) == ["1", "2"])
            scene.faults.cease()
            _ = try await engine.command(
                .complete(output: .null), to: id, in: scene.scope, options: scene.options())
            // The end closes the question first.
            #expect(await second.wholeStream(SubscriberID(2)) == ["1", "2", "3", "4"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func `after the last event of an ended session nothing is left`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            _ = try await engine.command(
                .complete(output: .null), to: id, in: scene.scope, options: scene.options())
            let began = try await engine.watch(
                session: id, in: scene.scope, after: 2, subscriber: SubscriberID(1), sink: CollectingSink())
            #expect(began == .nothingLeft)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Fault.doorbellLost, .doorbellDoubled, .doorbellLate])
    func `I4: whatever doorbells do, a stream has every event once`(fault: Fault) async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            let sink = CollectingSink()
            let feed = CollectingSink()
            _ = try await engine.watch(
                session: id, in: scene.scope, after: 0, subscriber: SubscriberID(1), sink: sink)
            _ = try await engine.watch(
                feedOf: scene.scope, after: .start, types: nil, subscriber: SubscriberID(2), sink: feed)
            scene.faults.arm(fault, times: 2)
            let request = try await scene.open(engine, SessionLifeTests.permission, in: id).request.id
            _ = try await scene.answer(engine, ["action": "approve"], to: request)
            #expect(scene.faults.count(of: fault) == 2)
            // The comparison of heads makes up for what was lost.
            scene.clock.advance(milliseconds: 15_000)
            #expect(await sink.ids(SubscriberID(1), count: 3) == ["1", "2", "3"])
            let positions = await feed.ids(SubscriberID(2), count: 3)
            #expect(Set(positions).count == 3)
            _ = try await engine.command(
                .complete(output: .null), to: id, in: scene.scope, options: scene.options())
            scene.clock.advance(milliseconds: 15_000)
            #expect(await sink.wholeStream(SubscriberID(1)) == ["1", "2", "3", "4"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func `the feed has only what was asked for, in one order`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let sink = CollectingSink()
            _ = try await engine.watch(
                feedOf: scene.scope, after: nil, types: [EventType("hitl_requested")], subscriber: SubscriberID(1),
                sink: sink)
            for _ in 0..<3 {
                let session = try await scene.start(engine)
                _ = try await scene.open(engine, SessionLifeTests.permission, in: session.state.identity.id)
            }
            let ids = await sink.ids(SubscriberID(1), count: 3)
            let positions = ids.compactMap { FeedPosition($0) }
            #expect(positions == positions.sorted())
            #expect(positions.count == 3)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `waiting for a session returns when it pauses`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            async let waited = engine.session(id, in: scene.scope, waiting: .seconds(60))
            _ = try await scene.open(engine, SessionLifeTests.permission, in: id)
            #expect(try await waited.status == .waiting)
        }
    }
}
